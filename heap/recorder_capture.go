package heap

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/pprof"
	"time"

	"github.com/govitals/govitals/internal/text"
)

// How large what a capture is written through may be.
const (
	sidecarBytes = 64 << 10
	reportBytes  = 128 << 10
	pieceBytes   = 32 << 10 // the profile's encoder writes pieces of some 240 bytes
)

// lastWordsInterval keeps a forecast that comes and goes from filling the disk.
const lastWordsInterval = time.Minute

// noGCAbove is the share of the limit from which on no collection is forced.
const noGCAbove = 0.85

func (r *Recorder) capture(kind, reason string) error {
	r.writing.Lock()
	defer r.writing.Unlock()
	now := time.Now()
	err := r.tooSoon(kind, now)
	if err == nil {
		err = r.write(kind, reason, now)
	}
	if err == nil || errors.Is(err, ErrNoHeadroom) {
		r.notBefore[kind] = now.Add(r.interval(kind))
	}
	if err != nil {
		err = fmt.Errorf("heap: capture %.80q: %w", reason, err)
	}
	r.note(err, now)
	return err
}

func (r *Recorder) interval(kind string) time.Duration {
	if kind == CaptureLastWords {
		return min(lastWordsInterval, r.config.MinInterval)
	}
	return r.config.MinInterval
}

func (r *Recorder) tooSoon(kind string, now time.Time) error {
	if wait := r.notBefore[kind].Sub(now); wait > 0 {
		return fmt.Errorf("%w: the next of kind %s may follow in %s (RecorderConfig.MinInterval is %s)",
			ErrTooSoon, kind, text.Duration(wait), text.Duration(r.config.MinInterval))
	}
	return nil
}

// write makes the files of a capture: figures and report first, because they
// need next to no memory, then the profile.
func (r *Recorder) write(kind, reason string, now time.Time) error {
	id := r.ring.NewID(now, kind, reason)
	c := r.describe(kind, reason, now)
	use, _ := r.memory.snapshot().kernelUse()
	var refused error
	if r.rate == 0 {
		c.Profile.Missing = "heap profiling is off: runtime.MemProfileRate is 0"
	} else if refused = preflight(c.Profile.Records, use); refused != nil {
		c.Profile.Missing = refused.Error()
	}
	faults := r.writeSidecar(id, &c, now)
	isWhole := faults == nil && r.rate == 0
	if kind == CaptureLastWords && r.config.Report != nil {
		faults = errors.Join(faults, r.writeReport(id, now))
	}
	if c.Profile.Missing == "" {
		r.mayCollect(kind, use)
		err := r.writeProfile(id, now)
		if isWhole = err == nil; !isWhole {
			c.Profile.Missing = err.Error()
			faults = errors.Join(faults, err, r.writeSidecar(id, &c, now))
		}
	}
	faults = errors.Join(faults, r.ring.Prune(now, isWhole))
	if faults != nil {
		return faults
	}
	return refused
}

// peakBytes estimates what encoding a profile allocates at its peak: some 290
// bytes for each record, a margin of 30 %, and the compressor.
func peakBytes(records int) uint64 {
	return uint64(records)*290*13/10 + 8<<20
}

// preflight refuses a profile that could be what exhausts the memory: above a
// quarter of what is left below the limit.
func preflight(records int, use memoryUse) error {
	left, peak := use.limit-min(use.used, use.limit), peakBytes(records)
	if use.limit == 0 || peak <= left/4 {
		return nil
	}
	return fmt.Errorf("%w: encoding %s takes about %s, which is more than a quarter of the %s left below the limit of %s",
		ErrNoHeadroom, text.Count(records, "record"), text.Bytes(peak), text.Bytes(left), text.Bytes(use.limit))
}

func (r *Recorder) mayCollect(kind string, use memoryUse) {
	isTight := use.limit > 0 && use.share() > noGCAbove
	if r.config.GC && kind != CaptureLastWords && !isTight {
		r.collect()
	}
}

func (r *Recorder) writeSidecar(id string, c *sidecar, now time.Time) error {
	c.ID = id
	if err := c.encode(r.sidecar); err != nil {
		return fmt.Errorf("encode the figures: %w", err)
	}
	_, err := r.ring.Write(id, extSidecar, now, r.sidecar.writeTo)
	return err
}

// writeReport writes what Report gives. A report that fails is written as far
// as it goes, with the reason: the error of a report is no fault of the disk.
func (r *Recorder) writeReport(id string, now time.Time) error {
	r.report.reset()
	var err error
	if panicked := r.ask(func() { err = r.config.Report(r.report) }); panicked != nil {
		err = panicked
	}
	r.report.finish(err)
	_, err = r.ring.Write(id, extReport, now, r.report.writeTo)
	return err
}

func (r *Recorder) writeProfile(id string, now time.Time) error {
	_, err := r.ring.Write(id, extProfile, now, func(w io.Writer) error {
		r.pieces.Reset(w)
		if err := r.profile(r.pieces); err != nil {
			return err
		}
		return r.pieces.Flush()
	})
	return err
}

// profileRecords counts the records of the heap profile, which tells what a
// profile will cost at some thirtieth of its price.
func profileRecords() int {
	n, _ := runtime.MemProfile(nil, true)
	return n
}

// writeHeapProfile writes the runtime's own profile, which has deeper stacks than
// what runtime.MemProfile returns.
func writeHeapProfile(w io.Writer) error { return pprof.Lookup("heap").WriteTo(w, 0) }

// ask calls what is the user's for a capture.
func (r *Recorder) ask(call func()) error {
	r.asking.Store(true)
	defer r.asking.Store(false)
	return shielded(call)
}

// shielded calls what is the user's and returns its panic as an error.
func shielded(call func()) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("it panicked: %v", value)
		}
	}()
	call()
	return nil
}
