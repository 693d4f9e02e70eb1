package heap

import (
	"context"
	"errors"
	"io"
	"iter"
	"runtime"
	"time"

	"github.com/govitals/govitals/internal/gate"
	"github.com/govitals/govitals/internal/icicle"
	"github.com/govitals/govitals/internal/memprof"
	"github.com/govitals/govitals/internal/pprofenc"
)

// contentTypes are those of the formats.
var contentTypes = map[string]string{
	"pprof": "application/octet-stream", "svg": "image/svg+xml", "json": "application/json",
	"html": "text/html; charset=utf-8", "text": "text/plain; charset=utf-8",
	"yaml": "application/yaml", "md": "text/markdown; charset=utf-8", "folded": "text/plain; charset=utf-8",
}

// page is what the gate serves for a query.
func (h *handler) page(q query) gate.Page {
	p := gate.Page{Key: q.key(), ContentType: contentTypes[q.format], Exclusive: q.gc}
	switch {
	case !q.isProfile():
		p.Render = func(ctx context.Context, w io.Writer) error {
			q.collect()
			return h.writeReport(w, q.format)
		}
	case q.seconds > 0:
		h.watch(&p, q)
	default:
		if q.isFixed() {
			p.Validator = func() string { return h.validator(q) }
		}
		p.Render = func(ctx context.Context, w io.Writer) error {
			q.collect()
			return h.writeProfile(ctx, w, q)
		}
	}
	if q.format == "pprof" {
		p.Filename = "heap.pb.gz"
	}
	return p
}

// watch makes the page wait between two readings, while other pages are served.
func (h *handler) watch(p *gate.Page, q query) {
	var before memprof.Snapshot
	p.Prepare = func(ctx context.Context) (err error) {
		q.collect()
		if before, err = h.config.Sites.snapshot(); err != nil {
			return err
		}
		return sleep(ctx, time.Duration(q.seconds)*time.Second)
	}
	p.Render = func(ctx context.Context, w io.Writer) error {
		q.collect()
		delta, err := h.config.Sites.since(before)
		if err != nil {
			return err
		}
		return write(ctx, w, q, delta, delta.At.Sub(before.At))
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// writeProfile writes the whole heap, or what changed since a moment.
func (h *handler) writeProfile(ctx context.Context, w io.Writer, q query) error {
	if runtime.MemProfileRate == 0 {
		return errors.New("heap profiling is off: runtime.MemProfileRate is 0; leave it alone, or set it at the start of main")
	}
	if q.since == "" && q.format == "pprof" {
		return writeHeapProfile(w)
	}
	snapshot, err := h.read(q)
	if err != nil {
		return err
	}
	return write(ctx, w, q, snapshot, 0)
}

func (h *handler) read(q query) (memprof.Snapshot, error) {
	if q.since == "" {
		return h.config.Sites.since(memprof.Snapshot{})
	}
	return h.config.Sites.delta(q.from)
}

// write writes a snapshot or a difference in one of the formats of profiles.
func write(ctx context.Context, w io.Writer, q query, snapshot memprof.Snapshot, duration time.Duration) error {
	profile := pprofenc.Heap(runtime.MemProfileRate)
	profile.Time, profile.Duration = snapshot.At, duration
	profile.DefaultSampleType = "inuse_space"
	profile.Samples = samples(snapshot)
	switch q.format {
	case "folded":
		return pprofenc.Folded(ctx, w, profile, "inuse_space")
	case "svg":
		stacks, err := profile.Stacks("inuse_space")
		if err != nil {
			return err
		}
		return icicle.Write(ctx, w, icicle.Config{Title: q.title(), Unit: "By", Diff: q.isDelta()}, stacks)
	}
	return pprofenc.Write(ctx, w, profile)
}

func (q query) title() string {
	switch {
	case q.seconds > 0:
		return "Heap in use: change within " + (time.Duration(q.seconds) * time.Second).String()
	case q.since != "":
		return "Heap in use: change since " + q.since
	}
	return "Heap in use"
}

// samples yields the rows of a snapshot in the order of the heap profile's types.
func samples(snapshot memprof.Snapshot) iter.Seq[pprofenc.Sample] {
	return func(yield func(pprofenc.Sample) bool) {
		var values [4]int64
		for i := range snapshot.Rows {
			row := &snapshot.Rows[i]
			values = [4]int64{row.AllocObjects, row.AllocBytes, row.InUseObjects, row.InUseBytes}
			s := pprofenc.Sample{Stack: snapshot.Stack(row), Values: values[:]}
			if row.AllocObjects > 0 {
				s.BytesPerObject = row.AllocBytes / row.AllocObjects
			}
			if !yield(s) {
				return
			}
		}
	}
}
