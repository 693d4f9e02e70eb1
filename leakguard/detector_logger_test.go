package leakguard

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/metric"
)

// asking is a log that asks the detector with each line.
type asking struct {
	slog.Handler
	detector *Detector
	lines    chan string
}

func (a *asking) Enabled(context.Context, slog.Level) bool { return true }

func (a *asking) Handle(_ context.Context, r slog.Record) error {
	a.detector.Findings()
	a.detector.Collect(func(metric.Sample) {})
	a.lines <- r.Message
	return nil
}

// undecided cannot judge itself.
type undecided struct{ figure }

func (undecided) Findings() []finding.Finding { panic("boom") }

// A log that asks for findings, or that cannot be written to for a while, must not hold
// up those who ask. Locks know no bubble: this takes real time.
func TestLoggerMayAskBack(t *testing.T) {
	file := filepath.Join(t.TempDir(), "trends")
	if err := os.WriteFile(file, []byte(`{"version":1,"trends":{"former":"bm8gdHJlbmQ="}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	log := &asking{lines: make(chan string, 100)}
	d, err := NewDetector(DetectorConfig{Logger: slog.New(log), File: file, Resolution: minResolution})
	if err != nil {
		t.Fatal(err)
	}
	log.detector = d
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	reads := 0
	fails := func(context.Context) (Reading, error) {
		if reads++; reads == 1 {
			return Reading{}, ErrNotYet // which is no failure
		}
		return Reading{}, errors.New("refused")
	}
	go func() {
		_ = d.Watch(nil, constant("former", 1), figure{name: "failing", read: fails}, undecided{constant("undecided", 1)})
	}()
	missing := []string{"a nil signal", "former life", "cannot be read", "cannot judge itself"}
	for end := time.After(time.Minute); len(missing) > 0; {
		select {
		case line := <-log.lines:
			missing = slices.DeleteFunc(missing, func(words string) bool { return strings.Contains(line, words) })
		case <-end:
			t.Fatalf("the log waits for who writes to it, or was not told: %q", missing)
		}
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}
