package eventloop

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/govitals/govitals/finding"
)

// Recorder is what the execution trace of the latest seconds can be had from: a
// *runtime/trace.FlightRecorder that was started.
type Recorder interface {
	// WriteTo writes the trace.
	WriteTo(w io.Writer) (int64, error)
}

// CaptureConfig configures a [Capture]. Probe must be set, and Dir or Name.
type CaptureConfig struct {
	// Dir is the directory for captures; it may be left out where Name is set and
	// only the names are wanted: then a stall counts as written once that is done.
	// It is made with mode 0700 where it is missing; files have mode 0600, because
	// traces name functions and paths of the source. Several processes may share
	// it: each keeps within its own bounds.
	// Default: none, nothing is written.
	Dir string
	// Probe is whose stalls are captured, from Start to Close.
	Probe *Probe
	// Recorder is the flight recorder of the application, if it has one: a process
	// can have one only. Close the Capture before the recorder is stopped: Stop
	// does not wait for a trace that is being written (Go 1.26,
	// runtime/trace/flightrecorder.go).
	// Default: none, no trace unless Record is set.
	Recorder Recorder
	// Record starts a flight recorder of our own, of some 2 s and 4 MiB. It costs
	// something all the time: next to nothing where tasks take milliseconds, 16 to
	// 19 % of the processor time of a server of small HTTP requests, and it doubles
	// that of goroutines that only hand things to each other; while idle, 1 % of a
	// core for 10,000 goroutines. If the process has a recorder or a trace already,
	// captures are made without a trace, and the findings say so.
	// Default: false.
	Record bool
	// MinLag is the shortest stall that is captured, from 1ms to 1h.
	// Default: every stall, from Config.StallThreshold of the Probe on.
	MinLag time.Duration
	// MinInterval is the least time between two captures, from 1s to 24h.
	// Default: 1m.
	MinInterval time.Duration
	// MaxPerHour is the most captures in an hour, up to 1000.
	// Default: 12.
	MaxPerHour int
	// MaxBytes bounds all captures of this process on disk, and of what dead
	// processes left behind; at least 1 MiB. A single trace may have a quarter.
	// Default: 64 MiB.
	MaxBytes int64
	// MaxGoroutines is the number of goroutines above which no goroutine profile
	// is taken, as it takes 4 µs for each, up to 100,000. No trace is taken above
	// ten times as many.
	// Default: 10000.
	MaxGoroutines int
	// Name names who is to blame from a trace: stalltrace.Name, or what runs
	// the command govitals stall. The findings of the Probe and the file of the
	// capture carry it. It is called on the goroutine of the Capture, and may
	// take its time.
	// Default: nil, only the cause is named.
	Name func(trace io.Reader) ([]finding.Culprit, error)
}

const (
	minCaptureInterval, maxCaptureInterval = time.Second, 24 * time.Hour
	minCaptureBytes                        = 1 << 20
	mostPerHour                            = 1000
	mostGoroutines                         = 100_000
	traceGoroutines                        = 10 // times as many may be traced as profiled
)

// Validate returns an error that names the field that is wrong.
func (c CaptureConfig) Validate() error {
	switch {
	case c.Dir == "" && c.Name == nil:
		return errors.New("eventloop: CaptureConfig.Dir is empty and Name is nil: name a directory for captures, or a function that names who is to blame")
	case c.Probe == nil || c.Probe.open == nil:
		return errors.New("eventloop: CaptureConfig.Probe is nil or a zero value: give the Probe whose stalls are to be captured, made with New")
	case c.Recorder != nil && c.Record:
		return errors.New("eventloop: CaptureConfig.Record is set beside Recorder: use one of them, a process has one flight recorder")
	case c.MinLag != 0 && (c.MinLag < minStall || c.MinLag > maxStall):
		return fmt.Errorf("eventloop: CaptureConfig.MinLag is %v: use 1ms to 1h, or 0 for the threshold of the Probe", c.MinLag)
	case c.MinInterval != 0 && (c.MinInterval < minCaptureInterval || c.MinInterval > maxCaptureInterval):
		return fmt.Errorf("eventloop: CaptureConfig.MinInterval is %v: use 1s to 24h, or 0 for 1m", c.MinInterval)
	case c.MaxPerHour < 0 || c.MaxPerHour > mostPerHour:
		return fmt.Errorf("eventloop: CaptureConfig.MaxPerHour is %d: use 1 to %d, or 0 for 12", c.MaxPerHour, mostPerHour)
	case c.MaxBytes != 0 && c.MaxBytes < minCaptureBytes:
		return fmt.Errorf("eventloop: CaptureConfig.MaxBytes is %d: use at least 1 MiB (1048576), or 0 for 64 MiB", c.MaxBytes)
	case c.MaxGoroutines < 0 || c.MaxGoroutines > mostGoroutines:
		return fmt.Errorf("eventloop: CaptureConfig.MaxGoroutines is %d: use 1 to %d, or 0 for 10000", c.MaxGoroutines, mostGoroutines)
	}
	return nil
}

func (c CaptureConfig) withDefaults() CaptureConfig {
	if c.MinInterval == 0 {
		c.MinInterval = time.Minute
	}
	if c.MaxPerHour == 0 {
		c.MaxPerHour = 12
	}
	if c.MaxBytes == 0 {
		c.MaxBytes = 64 << 20
	}
	if c.MaxGoroutines == 0 {
		c.MaxGoroutines = 10_000
	}
	return c
}
