package leakguard

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/govitals/govitals/internal/statefile"
)

// Processes that are given the same file do not damage it: each replaces it as a
// whole, the last one wins, and what a new process finds are the trends of one
// of them. That is what happens for a moment whenever one process takes over from
// another; where it goes on, it is said.

// stateVersion is that of the form of the state file.
const stateVersion = 1

// state is the content of the state file: the trends of all signals.
type state struct {
	Version int               `json:"version"`
	Trends  map[string][]byte `json:"trends"`
}

// maxStateBytes bounds the state file: base64 makes 8 KiB of a trend to 11.
const maxStateBytes = MaxSignals * (12 << 10)

// load reads the trends of the former life. A file that cannot be used is set
// aside and said, and the Detector begins anew. What is no file, or cannot be set
// aside, is not overwritten.
func (d *Detector) load() {
	path := d.config.File
	if path == "" {
		return
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		d.config.File = ""
		d.misused(fmt.Errorf("%s is no regular file (%s), so trends are not kept over a restart: name a file", path, info.Mode().Type()))
		return
	}
	d.state = statefile.File{Path: path, MaxBytes: maxStateBytes}
	d.state.RemoveLeftovers()
	content, err := d.state.Load()
	if err == nil && content != nil {
		d.former, err = decodeState(content)
	}
	if err == nil {
		return
	}
	aside, asideErr := d.state.SetAside()
	if asideErr != nil {
		d.config.File = ""
		aside = "left where it is, so trends are not kept over a restart: " + asideErr.Error()
	}
	d.misused(fmt.Errorf("trends of the former life cannot be used, the file is now %s: %w", aside, err))
}

func decodeState(content []byte) (map[string][]byte, error) {
	var s state
	if err := json.Unmarshal(content, &s); err != nil {
		return nil, fmt.Errorf("leakguard: state file: %w", err)
	}
	if s.Version != stateVersion || len(s.Trends) > MaxSignals {
		return nil, fmt.Errorf("leakguard: state file: version %d with %d trends: want version %d with at most %d",
			s.Version, len(s.Trends), stateVersion, MaxSignals)
	}
	return s.Trends, nil
}

// save writes the trends of all signals. What is wrong is said outside of the lock.
func (d *Detector) save(context.Context) {
	if d.config.File == "" {
		return
	}
	shared, err := d.write()
	if shared != nil {
		d.misused(shared)
	}
	d.noteSave(err)
}

func (d *Detector) write() (shared, err error) {
	d.writing.Lock()
	defer d.writing.Unlock()
	content, err := json.Marshal(state{Version: stateVersion, Trends: d.trends()})
	if err == nil {
		shared = d.lookForOthers()
		err = d.state.Save(content)
	}
	if err == nil {
		d.saved, _ = os.Stat(d.config.File)
	}
	return shared, err
}

// noteSave keeps why a save failed until one succeeds: a disk that was full once is no
// matter for ever. Each error names another temporary file, and is logged once in a row.
func (d *Detector) noteSave(err error) {
	if err != nil {
		err = fmt.Errorf("trends cannot be kept over a restart: %w", err)
	}
	d.mu.Lock()
	news := err != nil && d.unsaved == nil
	d.unsaved = err
	d.mu.Unlock()
	if news {
		d.logger.Warn("govitals: " + err.Error())
	}
}

// trends returns the trends of all signals, and, while there is room, those of
// former lives whose signals may still come: they should not be lost if this
// process ends first.
func (d *Detector) trends() map[string][]byte {
	all := map[string][]byte{}
	for _, w := range d.seen() {
		if trend, err := w.marshal(); err == nil {
			all[w.traits.name] = trend
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(d.former)) {
		if _, known := all[name]; !known && len(all) < MaxSignals {
			all[name] = d.former[name]
		}
	}
	return all
}

// takeover is how many saves of somebody else are taken for those of a process
// that ends while this one begins.
const takeover = 2

// lookForOthers returns an error once somebody else replaces the file all the time
// after it was saved here.
func (d *Detector) lookForOthers() error {
	now, err := os.Stat(d.config.File)
	if d.saved == nil || err != nil || os.SameFile(now, d.saved) && now.ModTime().Equal(d.saved.ModTime()) {
		return nil
	}
	if d.foreign++; d.foreign != takeover+1 {
		return nil
	}
	return fmt.Errorf("another process keeps its trends in %s too, and the last to write wins: give each process a file of its own",
		d.config.File)
}

func (w *watcher) marshal() ([]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.trend.MarshalBinary()
}
