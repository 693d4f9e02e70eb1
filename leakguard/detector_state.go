package leakguard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
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

// load reads the trends of the former life. A file that is of no use is set aside and
// said, and the Detector begins anew. One that cannot be read may be of use to the next
// process: it stays until there is something to put in its place.
func (d *Detector) load() {
	if d.config.File == "" {
		return
	}
	d.state = statefile.File{Path: d.config.File, MaxBytes: maxStateBytes}
	d.state.RemoveLeftovers()
	content, err := d.state.Load()
	if _, d.unread = errors.AsType[*fs.PathError](err); d.unread {
		d.noteFile(fmt.Errorf("trends of the former life cannot be read, the file is set aside when it is replaced: %w", err))
		return
	}
	if err == nil && content != nil {
		d.former, err = decodeState(content)
	}
	if err != nil {
		d.setAside(err)
	}
}

// setAside keeps a file that cannot be used for a person to look at. What cannot be set
// aside, such as a directory, is not overwritten.
func (d *Detector) setAside(why error) {
	aside, err := d.state.SetAside()
	if err != nil {
		d.config.File = ""
		d.misused(fmt.Errorf("trends are not kept over a restart, as %s can be neither used nor set aside: %w", d.state.Path, err))
		return
	}
	d.misused(fmt.Errorf("trends of the former life cannot be used, the file is now %s: %w", aside, why))
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
	if d.config.File != "" {
		d.noteFile(d.write())
	}
}

func (d *Detector) write() error {
	d.writing.Lock()
	defer d.writing.Unlock()
	content, err := json.Marshal(state{Version: stateVersion, Trends: d.trends()})
	shared := d.lookForOthers()
	if err == nil {
		err = d.replace(content)
	}
	if err != nil {
		return fmt.Errorf("trends cannot be kept over a restart: %w", err)
	}
	return shared
}

func (d *Detector) replace(content []byte) error {
	if d.unread {
		if _, err := d.state.SetAside(); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		d.unread = false
	}
	err := d.state.Save(content)
	if err == nil {
		d.saved, _ = os.Stat(d.config.File)
	}
	return err
}

// noteFile keeps what is wrong with the state file until nothing is: a disk that was full
// once is no matter for ever. Each error of a save names another temporary file, and is
// logged once in a row.
func (d *Detector) noteFile(err error) {
	d.mu.Lock()
	news := err != nil && d.fileFault == nil
	d.fileFault = err
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

// takeover is how many saves of somebody else in a row are taken for those of a process
// that ends while this one begins.
const takeover = 2

// lookForOthers returns an error while somebody else replaces the file each time after it
// was saved here.
func (d *Detector) lookForOthers() error {
	now, err := os.Stat(d.config.File)
	if d.saved == nil || err != nil {
		return nil
	}
	if os.SameFile(now, d.saved) && now.ModTime().Equal(d.saved.ModTime()) {
		d.foreign = 0
		return nil
	}
	if d.foreign++; d.foreign <= takeover {
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
