package leakguard

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/loop"
	"github.com/govitals/govitals/internal/statefile"
)

// MaxSignals is how many signals one [Detector] watches.
const MaxSignals = 64

// maxMisuses bounds what is kept of wrong use.
const maxMisuses = 16

// Detector watches signals, each with a [Trend] and a goroutine of its own. Growth
// of less than 512 KiB, or of less than ten of what is counted, is not called so,
// unless the signal is [Floored]. It is a finding.Source and a metric.Source, both
// of what was gathered before. All methods may be called from any goroutine.
type Detector struct {
	config DetectorConfig
	logger *slog.Logger
	saving loop.Loop
	last   sync.Once                     // of the saves: at Close, or at the end of the context
	caller *loop.Caller[finding.Finding] // nil without OnVerdict

	writing sync.Mutex // held during a save; guards what follows
	state   statefile.File
	unread  bool        // there is a file of a former life that could not be read
	saved   os.FileInfo // the file as it was saved here last
	foreign int         // saves in a row before which somebody else had replaced it

	mu        sync.Mutex
	ctx       context.Context // nil until started
	stopEnd   func() bool     // of what saves at the end of ctx
	closed    bool
	watchers  []*watcher
	former    map[string][]byte // trends of the former life that no signal has taken yet
	misuses   []finding.Finding
	fileFault error // what is wrong with the state file, nil if nothing is
}

// NewDetector returns a Detector that watches nothing yet. The error is that of
// [DetectorConfig.Validate]. A state file that cannot be used is set aside and
// said in the findings.
func NewDetector(config DetectorConfig) (*Detector, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	d := &Detector{config: config, logger: config.logger()}
	if config.OnVerdict != nil {
		d.caller = loop.NewCaller(config.OnVerdict)
	}
	d.load()
	return d, nil
}

// Start begins to read the signals. The end of ctx has the effect of Close. A
// second Start, or one after Close, is an error.
func (d *Detector) Start(ctx context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	err := d.saving.Start(ctx, loop.Config{
		Name: "leakguard.Detector", Every: max(10*d.config.resolution(), time.Minute), Step: d.save,
	})
	if err != nil {
		return err
	}
	if d.caller != nil {
		err = d.caller.Start(ctx, "leakguard.DetectorConfig.OnVerdict")
	}
	d.ctx = ctx
	d.stopEnd = context.AfterFunc(ctx, d.end)
	for _, w := range d.watchers {
		err = errors.Join(err, w.start(ctx))
	}
	return err
}

// Watch adds signals, before Start or later. What cannot be watched is left out
// and named in the error: a nil signal, a name that is taken or not a word, more
// than MaxSignals, a closed Detector.
func (d *Detector) Watch(signals ...Signal) error {
	var all error
	for _, signal := range signals {
		if err := d.watch(signal); err != nil {
			all = errors.Join(all, err)
			d.misused(err)
		}
	}
	return all
}

func (d *Detector) watch(signal Signal) error {
	if signal == nil {
		return errors.New("a nil signal was given to Watch: leave it out")
	}
	traits, err := traitsOf(signal)
	if err != nil {
		return err
	}
	unused, err := d.admit(signal, traits)
	if unused != nil {
		d.logger.Warn("govitals: the trend of a former life is not used", "signal", traits.name, "error", unused)
	}
	return err
}

// admit makes a watcher, and says why it does not continue a trend that there is.
func (d *Detector) admit(signal Signal, traits traits) (unused, err error) {
	name := traits.name
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case slices.ContainsFunc(d.watchers, func(w *watcher) bool { return w.traits.name == name }):
		return nil, fmt.Errorf("signal %q is watched already: give each signal a name of its own", name)
	case len(d.watchers) == MaxSignals:
		return nil, fmt.Errorf("signal %q is not watched: there are %d already, which is the most", name, MaxSignals)
	case d.closed || d.ctx != nil && d.ctx.Err() != nil:
		return nil, fmt.Errorf("signal %q was given to Watch after Close: watch before it", name)
	}
	w, unused := d.newWatcher(signal, traits)
	d.watchers = append(d.watchers, w)
	if d.ctx != nil {
		err = w.start(d.ctx)
	}
	return unused, err
}

// misused logs wrong use and keeps it for the findings, so that nobody has to
// find it in a log. What is there already is not said again.
func (d *Detector) misused(err error) {
	if d.keepMisuse(misuse(err)) {
		d.logger.Warn("govitals: " + err.Error())
	}
}

func misuse(err error) finding.Finding {
	return finding.Finding{
		Signal: "setup", State: finding.Unknown, Cause: "misuse", Summary: "Set-up: " + err.Error() + ".",
	}
}

// keepMisuse reports whether f is news and there was room. The log is that of the user,
// who may ask for findings there, or not come back: it is not written to under the lock.
func (d *Detector) keepMisuse(f finding.Finding) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	said := slices.ContainsFunc(d.misuses, func(old finding.Finding) bool { return old.Summary == f.Summary })
	if said || len(d.misuses) == maxMisuses {
		return false
	}
	d.misuses = append(d.misuses, f)
	return true
}

// Close stops reading and returns when all goroutines of the Detector have gone.
// It works on the zero value, and any number of times. What was seen stays
// readable. A signal whose Read ignores its context for five seconds is named in
// the error.
func (d *Detector) Close() error {
	d.mu.Lock()
	first := !d.closed && d.ctx != nil
	d.closed = true
	closers := []func() error{d.saving.Close}
	if d.caller != nil {
		closers = append(closers, d.caller.Close)
	}
	for _, w := range d.watchers {
		closers = append(closers, w.loop.Close)
	}
	d.mu.Unlock()
	err := loop.CloseAll(closers...)
	if first {
		d.stopEnd()
		d.end()
	}
	return err
}

// end saves for the last time. It returns when that is done, whoever does it.
func (d *Detector) end() { d.last.Do(func() { d.save(context.Background()) }) }

// seen returns the watchers at this moment.
func (d *Detector) seen() []*watcher {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.watchers)
}

// Findings implements [finding.Source]: one finding for each signal, and one for
// each wrong use.
func (d *Detector) Findings() []finding.Finding {
	d.mu.Lock()
	findings := slices.Clone(d.misuses)
	if d.fileFault != nil {
		findings = append(findings, misuse(d.fileFault))
	}
	d.mu.Unlock()
	now := time.Now()
	for _, w := range d.seen() {
		findings = append(findings, w.finding(now))
	}
	return findings
}

// Verdict returns the latest verdict on the signal of that name, and whether
// there is such a signal.
func (d *Detector) Verdict(signal string) (Verdict, bool) {
	for _, w := range d.seen() {
		if w.traits.name == signal {
			v := w.seen().verdict
			v.Why = slices.Clone(v.Why) // it is the caller's
			return v, true
		}
	}
	return Verdict{}, false
}
