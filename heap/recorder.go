package heap

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/govitals/govitals/internal/loop"
	"github.com/govitals/govitals/internal/ringdir"
)

// Recorder keeps heap profiles on disk, taken when they are worth most: a
// baseline after warm-up to compare with, one when somebody has a verdict, some
// on the way to the memory limit, and last words before the process dies.
//
// A capture is a profile (.pb.gz, for go tool pprof), beside it the figures and
// findings of that moment (.json), and for last words the report (.report.md).
// Figures and report are written through memory that the Recorder holds from
// the beginning (230 KiB), and no profile is taken that could itself exhaust
// the memory that is left.
//
// On disk it keeps the baseline, the last three, the two largest, and those of
// verdicts, within MaxBytes and MaxFiles; only its own files are ever removed.
// What a process left behind that has died stays until the room is needed, so
// the last words of the previous life are there to read.
//
// A Recorder is a metric.Source and a finding.Source; all methods may be called
// from any goroutine. It holds one goroutine between Start and Close.
type Recorder struct {
	config RecorderConfig
	loop   loop.Loop
	memory memoryReader
	ring   *ringdir.Dir
	made   time.Time
	rate   int // runtime.MemProfileRate, which must not change while the program runs

	// What a capture asks the runtime; only tests replace it.
	records func() int
	profile func(io.Writer) error
	collect func()

	asking    atomic.Bool // the user's code runs for a capture, and may ask for another
	writing   sync.Mutex  // one capture at a time; held during I/O
	notBefore map[string]time.Time
	sidecar   *fixedBuffer
	report    *fixedBuffer
	pieces    *bufio.Writer

	watch watching // of the loop's goroutine alone

	mu   sync.Mutex // held for a moment only
	seen recorded
}

// Errors of [Recorder.Capture] that are no fault of the disk.
var (
	// ErrTooSoon says that the latest capture of the same kind is too recent.
	ErrTooSoon = errors.New("too soon after the one before")
	// ErrNoHeadroom says that so little memory is left below the limit that a
	// profile could end the process. The figures were written without it.
	ErrNoHeadroom = errors.New("too little memory is left for a profile")
)

var errZeroRecorder = errors.New("heap: this Recorder was not made by NewRecorder: use that")

// NewRecorder returns a Recorder that has written nothing yet. The error is
// that of [RecorderConfig.Validate].
func NewRecorder(config RecorderConfig) (*Recorder, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	config = config.withDefaults()
	r := &Recorder{
		config: config, memory: readerOf(config.Monitor), made: time.Now(), rate: runtime.MemProfileRate,
		records: profileRecords, profile: writeHeapProfile, collect: runtime.GC,
		notBefore: map[string]time.Time{},
		sidecar:   newFixedBuffer(sidecarBytes), report: newFixedBuffer(reportBytes),
		pieces: bufio.NewWriterSize(io.Discard, pieceBytes),
		watch:  newWatching(),
		seen:   recorded{results: map[string]uint64{}},
	}
	r.ring = ringdir.New(ringdir.Config{
		Dir: config.Dir, MaxBytes: config.MaxBytes, MaxFiles: config.MaxFiles,
		Main: r.mainFile(), Last: 3, Largest: 2, Pinned: []string{CaptureBaseline, CaptureVerdict},
	})
	return r, nil
}

// mainFile is what a capture is kept for: the profile, or the figures in a
// program that takes no profiles.
func (r *Recorder) mainFile() string {
	if r.rate == 0 {
		return extSidecar
	}
	return extProfile
}

// Start begins to watch memory and to capture by itself. The end of ctx has the
// effect of Close. A second Start, or one after Close, is an error.
func (r *Recorder) Start(ctx context.Context) error {
	if r.ring == nil {
		return errZeroRecorder
	}
	return r.loop.Start(ctx, loop.Config{Name: "heap.Recorder", Every: time.Second, Step: r.step})
}

// Close stops watching and returns when the goroutine has gone. A capture that
// is being written is finished. [Recorder.Capture] goes on to work. It works on
// the zero value, and any number of times.
func (r *Recorder) Close() error { return r.loop.Close() }

// Capture writes a capture now, for somebody who has a verdict: reason says
// which, in a few words. There is at most one each RecorderConfig.MinInterval,
// whatever the reasons; otherwise the error is [ErrTooSoon]. Other errors say
// what could not be written and why. It blocks for as long as the profile takes
// to encode and the disk to write it. Within RecorderConfig.Findings and Report,
// which a capture asks, it is too soon.
func (r *Recorder) Capture(reason string) error {
	if r.ring == nil {
		return errZeroRecorder
	}
	if r.asking.Load() { // perhaps by whoever is asked: waiting could be for ever
		err := fmt.Errorf("heap: capture %.80q: %w: one is being written at this moment", reason, ErrTooSoon)
		r.note(err, time.Now())
		return err
	}
	return r.capture(CaptureVerdict, reason)
}

// The kinds of captures.
const (
	// CaptureBaseline is taken once, after RecorderConfig.WarmUp.
	CaptureBaseline = "baseline"
	// CaptureVerdict is taken by [Recorder.Capture].
	CaptureVerdict = "verdict"
	// CaptureLimit70 and CaptureLimit80 are taken when the working set reaches
	// that share of the kernel's limit.
	CaptureLimit70 = "limit70"
	CaptureLimit80 = "limit80"
	// CaptureLastWords is taken at 90 % of the limit, and when the end is
	// foreseen within 15 minutes.
	CaptureLastWords = "last_words"
)
