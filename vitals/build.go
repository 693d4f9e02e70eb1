package vitals

import (
	"context"
	"path/filepath"
	"time"

	"github.com/govitals/govitals/eventloop"
	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/heap"
	"github.com/govitals/govitals/internal/gate"
	"github.com/govitals/govitals/leakguard"
)

// build makes everything that does not run yet.
func build(config Config) (*Vitals, error) {
	now := time.Now()
	v := &Vitals{
		config: config, started: now, build: ownBuild(), setup: newSetup(), life: newLife(config, now),
		largest: largest{next: now.Add(largestAfter)}, unsupported: unsupportedSignals(), logger: config.logger(), sites: heap.NewSites(),
		goroutines: leakguard.NewGoroutines(leakguard.GoroutinesConfig{Resolution: config.Resolution}),
	}
	for _, step := range []func() error{v.makeGate, v.makeMonitor, v.makeDetector, v.makeRecorder, v.makeProbe} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	v.past = newPanelHistory(v)
	v.handler = v.routes()
	return v, nil
}

func (v *Vitals) makeGate() (err error) {
	v.gate, err = gate.New(v.config.gate())
	return err
}

func (v *Vitals) makeMonitor() (err error) {
	v.monitor, err = heap.NewMonitor(heap.MonitorConfig{Interval: v.config.monitorInterval()})
	if err == nil {
		v.sizer, err = heap.NewSizer(heap.SizerConfig{})
	}
	v.sources = []finding.Source{v.monitor, v.setup, &v.largest, v.life}
	return err
}

func (v *Vitals) makeDetector() (err error) {
	v.detector, err = leakguard.NewDetector(leakguard.DetectorConfig{
		Resolution: v.config.Resolution, File: v.config.StateFile, OnVerdict: v.onVerdict, Logger: v.logger,
	})
	return err
}

func (v *Vitals) makeRecorder() (err error) {
	if v.config.CaptureDir == "" {
		return nil
	}
	v.recorder, err = heap.NewRecorder(heap.RecorderConfig{
		Dir: v.config.CaptureDir, Monitor: v.monitor, Findings: v, Report: v.writeMarkdown, Forecast: v.forecast,
	})
	if err == nil {
		v.sources = append(v.sources, v.recorder)
	}
	return err
}

// makeProbe makes what measures the delay of ready work, and what captures stalls.
func (v *Vitals) makeProbe() (err error) {
	if v.config.NoProbe {
		return nil
	}
	v.probe, err = eventloop.New(v.config.probe())
	if err != nil {
		return err
	}
	v.sources = append(v.sources, v.probe)
	dir, name := v.config.CaptureDir, v.config.NameStall
	if dir == "" && name == nil {
		return nil
	}
	if dir != "" {
		dir = filepath.Join(dir, "stalls")
	}
	v.capture, err = eventloop.NewCapture(eventloop.CaptureConfig{
		Dir: dir, Probe: v.probe, Name: name, Recorder: v.config.FlightRecorder, Record: name != nil && v.config.FlightRecorder == nil,
		MinInterval: v.config.stallInterval(), MaxPerHour: v.config.stallsPerHour(),
	})
	if err == nil {
		v.sources = append(v.sources, v.capture)
	}
	return err
}

// onVerdict is called when the state of a signal has changed: evidence is
// captured while it is fresh, and the user is told.
func (v *Vitals) onVerdict(ctx context.Context, f finding.Finding) {
	f = presentable(f)
	bad := f.State == finding.Suspect || f.State == finding.Leaking
	if v.recorder != nil && bad {
		if err := v.recorder.Capture(f.Signal + " " + f.State.String()); err != nil {
			v.logger.Warn("govitals: no capture at a verdict", "signal", f.Signal, "error", err)
		}
	}
	if bad {
		v.logger.Warn("govitals: "+f.Summary, "signal", f.Signal, "state", f.State.String())
	}
	if v.config.OnVerdict != nil {
		v.config.OnVerdict(ctx, f)
	}
}

// forecast is when memory runs out, in the heap or outside of it, whichever comes
// first; the zero time and false if that is not foreseen.
func (v *Vitals) forecast() (end time.Time, foreseen bool) {
	for _, signal := range []string{"heap", "rss"} {
		verdict, _ := v.detector.Verdict(signal)
		if at := verdict.ReachesLimit; !at.IsZero() && (end.IsZero() || at.Before(end)) {
			end = at
		}
	}
	return end, !end.IsZero()
}
