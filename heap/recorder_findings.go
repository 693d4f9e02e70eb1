package heap

import (
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/ringdir"
	"github.com/govitals/govitals/metric"
)

// recorded is what a Recorder shows of itself.
type recorded struct {
	results map[string]uint64 // captures by result
	bytes   int64             // our own on disk, once measured
	at      time.Time         // of the latest capture that was written

	fault      error // why captures cannot be written
	faultSince time.Time
	refused    error // why the latest capture has no profile
}

// The results of captures, as they appear in the label "result".
const (
	resultWritten   = "written"
	resultNoProfile = "no_profile"
	resultRefused   = "refused"
	resultTooSoon   = "too_soon"
	resultFailed    = "failed"
)

var (
	descCaptures = metric.Desc{
		Name: "recorder.captures", Unit: "{capture}", Kind: metric.KindCounter, Labels: []string{"result"},
		Help:   "Captures that were asked for, by result: written, no_profile (profiling is off), refused (too little memory is left), too_soon, failed.",
		Action: "If failed rises, mend the directory: the report says what is wrong with it.",
	}
	descCaptureDisk = metric.Desc{
		Name: "recorder.disk", Unit: "By", Kind: metric.KindUpDownCounter,
		Help:   "Size on disk of the captures of this process.",
		Action: "None: RecorderConfig.MaxBytes bounds it.",
	}
	descCaptureAge = metric.Desc{
		Name: "recorder.last_capture_age", Unit: "s", Kind: metric.KindGauge,
		Help:   "Time since the latest capture was written. Absent before the first one.",
		Action: "If it is small and you did not ask for a capture, memory is near its limit or somebody has a verdict: look at the captures.",
	}
)

// Describe implements [metric.Source].
func (r *Recorder) Describe() []metric.Desc {
	return []metric.Desc{descCaptures, descCaptureDisk, descCaptureAge}
}

// Collect implements [metric.Source].
func (r *Recorder) Collect(emit func(metric.Sample)) {
	seen := r.recorded()
	for result, n := range seen.results {
		emit(metric.Sample{Desc: descCaptures, LabelValues: []string{result}, Value: float64(n)})
	}
	if !seen.at.IsZero() {
		emit(metric.Sample{Desc: descCaptureDisk, Value: float64(seen.bytes)})
		emit(metric.Sample{Desc: descCaptureAge, Value: time.Since(seen.at).Seconds()})
	}
}

// Findings implements [finding.Source]. It says what hinders captures.
func (r *Recorder) Findings() []finding.Finding {
	if r.ring == nil {
		return nil
	}
	seen := r.recorded()
	var findings []finding.Finding
	if seen.fault != nil {
		findings = append(findings, finding.Finding{
			Signal: "setup", State: finding.Unknown, Cause: "captures", Since: seen.faultSince,
			Summary: "Captures cannot be written: " + seen.fault.Error() + ".",
			Advice:  r.remedy(seen.fault),
		})
	}
	if seen.refused != nil {
		findings = append(findings, finding.Finding{
			Signal: "setup", State: finding.Unknown, Cause: "no_headroom",
			Summary: "The latest capture has no profile: " + seen.refused.Error() + ".",
			Advice:  "Raise the memory limit, or take a profile earlier: go tool pprof http://HOST/debug/heap.",
		})
	}
	if r.rate == 0 {
		findings = append(findings, finding.Finding{
			Signal: "setup", State: finding.OK, Cause: "profiling_off",
			Summary: "Captures have figures and no profile: runtime.MemProfileRate is 0.",
			Advice:  "Leave runtime.MemProfileRate alone to learn who fills the heap.",
		})
	}
	if silent, is := r.memory.silent("heap.Recorder", time.Now()); is && r.loop.Running() {
		findings = append(findings, silent)
	}
	if faults := r.loop.Faults(); faults.Count > 0 {
		findings = append(findings, broken("A step of heap.Recorder", faults))
	}
	return findings
}

// remedy is what helps where captures cannot be written.
func (r *Recorder) remedy(fault error) string {
	room := fmt.Sprint(r.config.MaxBytes>>20) + " MiB"
	if errors.Is(fault, ringdir.ErrTooLarge) {
		return "Raise RecorderConfig.MaxBytes above " + room + ", or runtime.MemProfileRate, with which profiles get smaller."
	}
	return "Make " + r.config.Dir + " writable, with room for " + room + "; it is tried again each minute."
}

func (r *Recorder) recorded() recorded {
	r.mu.Lock()
	defer r.mu.Unlock()
	seen := r.seen
	seen.results = maps.Clone(seen.results)
	return seen
}

// note remembers how a capture went.
func (r *Recorder) note(err error, now time.Time) {
	result := r.result(err)
	if result != resultTooSoon {
		r.measure()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen.results[result]++
	switch result {
	case resultTooSoon:
	case resultFailed:
		r.seen.refused = nil
		r.seen.setFault(err, now)
	default:
		r.seen.at, r.seen.refused = now, err
		r.seen.setFault(nil, now)
	}
}

// setFault remembers why captures cannot be written, nil if they can.
func (s *recorded) setFault(err error, now time.Time) {
	if s.fault == nil {
		s.faultSince = now
	}
	s.fault = err
}

// noteDisk remembers whether a capture could be written.
func (r *Recorder) noteDisk(err error, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen.setFault(err, now)
}

// unwritable reports a fault that may go away by itself.
func (r *Recorder) unwritable() bool {
	fault := r.recorded().fault
	return fault != nil && !isFinal(fault)
}

func (r *Recorder) result(err error) string {
	switch {
	case err == nil && r.rate == 0:
		return resultNoProfile
	case err == nil:
		return resultWritten
	case errors.Is(err, ErrTooSoon):
		return resultTooSoon
	case errors.Is(err, ErrNoHeadroom):
		return resultRefused
	}
	return resultFailed
}

// measure sums up what is ours on disk. Where that cannot be read it stays as it
// was.
func (r *Recorder) measure() {
	records, err := r.ring.Records()
	if err != nil {
		return
	}
	var bytes int64
	for _, record := range records {
		if record.Own {
			bytes += record.Bytes
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen.bytes = bytes
}
