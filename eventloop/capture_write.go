package eventloop

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/pprof"
	"slices"
	"time"

	"github.com/govitals/govitals/finding"
)

// The files of a capture.
const (
	extTrace   = "trace"
	extProfile = "pb.gz"
	extSidecar = "json"
	stallKind  = "stall"
)

// CaptureSchema names the form of the description of a capture.
const CaptureSchema = "govitals.stall/v1"

// sidecar is the description of a capture.
type sidecar struct {
	Schema   string            `json:"schema"`
	ID       string            `json:"id"`
	Start    time.Time         `json:"start"`
	Lag      float64           `json:"lag_seconds"`
	Cause    Cause             `json:"cause"`
	Sentence string            `json:"sentence"`
	Advice   string            `json:"advice"`
	Evidence string            `json:"evidence"`
	Culprits []finding.Culprit `json:"culprits,omitempty"`
	NoName   string            `json:"culprits_missing,omitempty"`
	Trace    part              `json:"trace"`
	Profile  part              `json:"goroutines"`
	Count    int               `json:"goroutine_count"`
	Took     float64           `json:"capture_seconds"`
	Go       string            `json:"go"`
}

// part is one file of a capture, or why there is none.
type part struct {
	Bytes   int    `json:"bytes,omitempty"`
	Missing string `json:"missing,omitempty"`
}

// write takes a capture and writes it.
func (c *Capture) write(s Stall, recorder Recorder, now time.Time) {
	id := ""
	if c.ring != nil {
		id = c.ring.NewID(now, stallKind, string(s.Cause))
	}
	about := sidecar{
		Schema: CaptureSchema, ID: id, Start: s.Start, Lag: s.Lag.Seconds(), Cause: s.Cause, Sentence: s.Cause.Sentence(),
		Advice: s.Cause.Advice(), Evidence: s.Evidence.String(), Count: c.goroutines(), Go: runtime.Version(),
	}
	trace, profile := c.read(s, recorder, &about)
	culprits, noName := c.name(trace)
	about.Culprits = culprits
	if noName != nil {
		about.NoName = noName.Error()
	}
	c.note(s, id, len(trace) > 0, culprits, noName, c.keep(&about, trace, profile, now))
}

// keep writes the files of a capture: the description, which may be all there is room
// for, first.
func (c *Capture) keep(about *sidecar, trace, profile []byte, now time.Time) error {
	if c.ring == nil {
		return nil
	}
	text, err := json.MarshalIndent(about, "", "  ")
	faults := errors.Join(err, c.put(about.ID, extSidecar, now, text), c.put(about.ID, extTrace, now, trace), c.put(about.ID, extProfile, now, profile))
	return errors.Join(faults, c.ring.Prune(now, faults == nil))
}

// read reads the trace and the profile. The process is delayed by it, and the probe
// leaves that out.
func (c *Capture) read(s Stall, recorder Recorder, about *sidecar) (trace, profile []byte) {
	defer c.config.Probe.Exclude()()
	began := time.Now()
	trace, about.Trace = c.readTrace(s, recorder, about.Count)
	profile, about.Profile = c.readProfile(about.Count)
	about.Took = time.Since(began).Seconds()
	return trace, profile
}

// quanta is how long a goroutine that can be preempted goes on at the end of a stall at
// most, until the trace shows what it did (forcePreemptNS in GOROOT/src/runtime/proc.go:
// sysmon may see it a quantum late).
const quanta = 20 * time.Millisecond

// readTrace reads the trace of a stall. The recorder has more than that, and the cut
// makes the file smaller and naming faster.
func (c *Capture) readTrace(s Stall, recorder Recorder, goroutines int) ([]byte, part) {
	switch most := c.config.MaxGoroutines * traceGoroutines; {
	case recorder == nil:
		return nil, part{Missing: "no flight recorder: see CaptureConfig.Recorder and Record"}
	case goroutines > most:
		return nil, part{Missing: fmt.Sprintf("%d goroutines, which is more than %d: it would take too long", goroutines, most)}
	}
	b := &bounded{most: c.config.MaxBytes / 4}
	trace, about := b.from("trace", func(w io.Writer) error {
		_, err := recorder.WriteTo(w)
		return err
	})
	start := onTheWall(s.Start)
	trace = between(trace, start.Add(-c.config.Probe.config.IdlePeriod), start.Add(s.Lag+quanta)) // it began up to a period earlier
	about.Bytes = len(trace)
	return trace, about
}

func (c *Capture) readProfile(goroutines int) ([]byte, part) {
	if c.ring == nil {
		return nil, part{}
	}
	if most := c.config.MaxGoroutines; goroutines > most {
		return nil, part{Missing: fmt.Sprintf("%d goroutines, which is more than %d, CaptureConfig.MaxGoroutines", goroutines, most)}
	}
	b := &bounded{most: c.config.MaxBytes / 4}
	return b.from("goroutine profile", func(w io.Writer) error { return pprof.Lookup("goroutine").WriteTo(w, 0) })
}

// put writes a file of a capture; nothing, where there is none.
func (c *Capture) put(id, ext string, now time.Time, content []byte) error {
	if len(content) == 0 {
		return nil
	}
	_, err := c.ring.Write(id, ext, now, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
	return err
}

// name asks the user's function who is to blame.
func (c *Capture) name(trace []byte) (culprits []finding.Culprit, err error) {
	if c.config.Name == nil || len(trace) == 0 {
		return nil, nil
	}
	defer func() {
		if value := recover(); value != nil {
			culprits, err = nil, fmt.Errorf("CaptureConfig.Name panicked: %v", value)
		}
	}()
	culprits, err = c.config.Name(bytes.NewReader(trace))
	return sound(culprits), err
}

// sound copies the first culprits, as the slice is the user's. A share that is none is
// left out: JSON has no NaN, and the description would be lost for it.
func sound(culprits []finding.Culprit) []finding.Culprit {
	culprits = slices.Clone(culprits[:min(len(culprits), maxNamed)])
	for i := range culprits {
		if share := &culprits[i].Share; !(*share >= 0 && *share <= 1) {
			*share = 0
		}
	}
	return culprits
}

// maxNamed bounds the culprits of a stall.
const maxNamed = 8

// bounded is memory that takes no more than so much.
type bounded struct {
	buffer bytes.Buffer
	most   int64
}

// Write implements [io.Writer].
func (b *bounded) Write(p []byte) (int, error) {
	if int64(b.buffer.Len()+len(p)) > b.most {
		return 0, fmt.Errorf("more than %d bytes, a quarter of CaptureConfig.MaxBytes", b.most)
	}
	return b.buffer.Write(p)
}

// from returns what write writes, or why there is nothing. What is the user's may
// panic.
func (b *bounded) from(what string, write func(io.Writer) error) (content []byte, about part) {
	defer func() {
		if value := recover(); value != nil {
			content, about = nil, part{Missing: fmt.Sprintf("the %s panicked: %v", what, value)}
		}
	}()
	if err := write(b); err != nil {
		return nil, part{Missing: fmt.Sprintf("the %s cannot be read: %v", what, err)}
	}
	return b.buffer.Bytes(), part{Bytes: b.buffer.Len()}
}
