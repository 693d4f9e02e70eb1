package leakguard

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// FuzzStateFile starts a Detector on any file: it works, it says what it does not
// use, and what it cannot use is still there.
func FuzzStateFile(f *testing.F) {
	trend, err := NewTrend(TrendConfig{}).MarshalBinary()
	if err != nil {
		f.Fatal(err)
	}
	whole, err := json.Marshal(state{Version: stateVersion, Trends: map[string][]byte{"heap": trend}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add([]byte{})
	f.Add([]byte(`{"version":1,"trends":{"heap":null}}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		path := filepath.Join(t.TempDir(), "trends.json")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		d := newDetector(t, DetectorConfig{File: path})
		if err := d.Watch(constant("heap", 1)); err != nil {
			t.Fatal(err)
		}
		aside, err := os.ReadFile(path + ".unusable")
		said := len(d.Findings()) > 1
		if said != (err == nil) || err == nil && string(aside) != string(content) {
			t.Errorf("set aside: %q (%v), said: %v", aside, err, said)
		}
		next, err := json.Marshal(state{Version: stateVersion, Trends: d.trends()})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := decodeState(next); err != nil {
			t.Errorf("what would be saved cannot be loaded: %v", err)
		}
	})
}
