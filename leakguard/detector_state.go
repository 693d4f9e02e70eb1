package leakguard

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/govitals/govitals/internal/statefile"
)

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
// aside and said, and the Detector begins anew.
func (d *Detector) load() {
	if d.config.File == "" {
		return
	}
	d.state = statefile.File{Path: d.config.File, MaxBytes: maxStateBytes}
	content, err := d.state.Load()
	if err == nil && content != nil {
		d.former, err = decodeState(content)
	}
	if err == nil {
		return
	}
	aside, asideErr := d.state.SetAside()
	if asideErr != nil {
		aside = "left where it is: " + asideErr.Error()
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

// save writes the trends of all signals.
func (d *Detector) save(context.Context) {
	if d.config.File == "" {
		return
	}
	s := state{Version: stateVersion, Trends: map[string][]byte{}}
	for _, w := range d.seen() {
		if trend, err := w.marshal(); err == nil {
			s.Trends[w.name] = trend
		}
	}
	content, err := json.Marshal(s)
	if err == nil {
		err = d.state.Save(content)
	}
	if err != nil {
		d.misused(fmt.Errorf("trends cannot be kept over a restart: %w", err))
	}
}

func (w *watcher) marshal() ([]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.trend.MarshalBinary()
}
