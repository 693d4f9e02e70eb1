package heap

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/metric"
)

// captureSchema names the form of the file beside a profile. Fields may be
// added to it.
const captureSchema = "govitals.capture/v1"

// sidecar is the file beside a profile. It never holds arguments or environment
// of the process: these have secrets.
type sidecar struct {
	Schema  string         `json:"schema"`
	ID      string         `json:"id"`
	At      time.Time      `json:"at"`
	Kind    string         `json:"kind"`
	Reason  string         `json:"reason"`
	Process sidecarProcess `json:"process"`
	Profile sidecarProfile `json:"profile"`
	Memory  *sidecarMemory `json:"memory,omitempty"` // absent where the kernel has no limit
	Limits  []jsonLimit    `json:"limits"`
	State   finding.State  `json:"state"`

	Findings        []finding.Finding `json:"findings"`
	FindingsLeftOut int               `json:"findings_left_out,omitzero"`
	FindingsFault   string            `json:"findings_fault,omitzero"`

	Metrics []sidecarMetric `json:"metrics"`
}

type sidecarProcess struct {
	PID           int     `json:"pid"`
	Host          string  `json:"host,omitzero"`
	UptimeSeconds float64 `json:"uptime_seconds"` // since the Recorder was made
	Version       string  `json:"version,omitzero"`
	Revision      string  `json:"vcs_revision,omitzero"`
	Go            string  `json:"go"`
}

type sidecarProfile struct {
	Rate    int    `json:"rate"`
	Records int    `json:"records"`
	Missing string `json:"missing,omitzero"` // why there is none
}

type sidecarMemory struct {
	Used  uint64  `json:"used"`
	Limit uint64  `json:"limit"`
	Share float64 `json:"share"`
}

type sidecarMetric struct {
	Name   string            `json:"name"`
	Unit   string            `json:"unit"`
	Labels map[string]string `json:"labels,omitzero"`
	Value  float64           `json:"value"`
}

// maxReasonBytes bounds a reason in the sidecar; in the name it is shorter.
const maxReasonBytes = 500

// describe gathers what is known at this moment.
func (r *Recorder) describe(kind, reason string, now time.Time) sidecar {
	s := r.memory.snapshot()
	c := sidecar{
		Schema: captureSchema, At: now.UTC(), Kind: kind, Reason: reason[:min(len(reason), maxReasonBytes)],
		Process: thisProcess(now.Sub(r.made)),
		Profile: sidecarProfile{Rate: r.rate, Records: r.records()},
		Limits:  jsonLimits(s.Limits), Metrics: figures(r.config.Monitor),
	}
	if use, ok := s.kernelUse(); ok {
		c.Memory = &sidecarMemory{Used: use.used, Limit: use.limit, Share: use.share()}
	}
	if panicked := r.ask(func() { c.Findings = r.config.Findings.Findings() }); panicked != nil {
		c.FindingsFault = panicked.Error()
	}
	c.Findings = presentable(c.Findings)
	c.State = finding.Worst(c.Findings)
	return c
}

func thisProcess(uptime time.Duration) sidecarProcess {
	host, _ := os.Hostname() // left out where it is not known
	p := sidecarProcess{PID: os.Getpid(), Host: host, UptimeSeconds: uptime.Seconds(), Go: runtime.Version()}
	if info, ok := debug.ReadBuildInfo(); ok {
		p.Version = info.Main.Version
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" {
				p.Revision = setting.Value
			}
		}
	}
	return p
}

// figures returns what a source knows, but for histograms.
func figures(source metric.Source) []sidecarMetric {
	all := []sidecarMetric{}
	source.Collect(func(s metric.Sample) {
		if s.Histogram != nil || !isFinite(s.Value) || len(s.LabelValues) != len(s.Desc.Labels) {
			return
		}
		m := sidecarMetric{Name: s.Desc.Name, Unit: s.Desc.Unit, Value: s.Value}
		for i, label := range s.Desc.Labels {
			if m.Labels == nil {
				m.Labels = map[string]string{}
			}
			m.Labels[label] = s.LabelValues[i]
		}
		all = append(all, m)
	})
	return all
}

// presentable sorts findings, the worst first, and drops what JSON cannot hold. It
// is never nil.
func presentable(findings []finding.Finding) []finding.Finding {
	findings = append([]finding.Finding{}, forJSON(findings)...)
	slices.SortStableFunc(findings, func(a, b finding.Finding) int {
		switch {
		case a.State.Worse(b.State):
			return -1
		case b.State.Worse(a.State):
			return 1
		}
		return 0
	})
	return findings
}

// forJSON copies findings without what JSON cannot hold: states and numbers that
// are none, and years of five digits.
func forJSON(findings []finding.Finding) []finding.Finding {
	findings = slices.Clone(findings)
	for i := range findings {
		f := &findings[i]
		if _, err := f.State.MarshalText(); err != nil {
			f.State = finding.Unknown
		}
		if !isFinite(f.PerHour) {
			f.PerHour = 0
		}
		if !isFinite(f.Low) || !isFinite(f.High) {
			f.Low, f.High = 0, 0
		}
		for _, at := range []*time.Time{&f.Since, &f.Forecast.At, &f.Forecast.Earliest, &f.Forecast.Latest} {
			if year := at.Year(); year < 0 || year > 9999 {
				*at = time.Time{}
			}
		}
		f.Culprits = slices.Clone(f.Culprits)
		for j := range f.Culprits {
			if !isFinite(f.Culprits[j].Share) {
				f.Culprits[j].Share = 0
			}
		}
	}
	return findings
}

func isFinite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// encode writes the sidecar into a buffer of fixed size. Where it does not fit,
// the least bad findings are left out.
func (c *sidecar) encode(to *fixedBuffer) error {
	for {
		to.reset()
		encoder := json.NewEncoder(to)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(c); err != nil {
			return err
		}
		if !to.cut {
			return nil
		}
		if len(c.Findings) == 0 {
			return errors.New("they do not fit")
		}
		left := len(c.Findings) / 2
		c.FindingsLeftOut += len(c.Findings) - left
		c.Findings = c.Findings[:left]
	}
}
