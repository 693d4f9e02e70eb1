package watch

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/conform"
)

func TestStateLifecycle(t *testing.T) {
	conform.Lifecycle(t, &State{}, func() conform.Starter {
		return NewState("a", 0, func() (int, int64) { return 0, 0 })
	})
}

func TestDataThatGrewIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var entries, each atomic.Int64
		entries.Store(12_000)
		each.Store(1000)
		s := NewState("sessions", 0, func() (int, int64) { return int(entries.Load()), entries.Load() * each.Load() })
		wantFinding(t, s, finding.Unknown)
		defer started(t, s)()
		time.Sleep(time.Minute)
		wantFinding(t, s, finding.TooEarly, "12,000 entries")
		time.Sleep(time.Hour)
		wantFinding(t, s, finding.OK, "12,000 entries")
		entries.Store(36_000)
		time.Sleep(time.Minute)
		wantFinding(t, s, finding.Growing, "DATA GREW: entries × 3, bytes per entry flat: sessions holds 36,000 entries in 34.3 MiB, against 12,000 entries in 11.4 MiB after warm-up.")
		entries.Store(12_000)
		each.Store(4000)
		time.Sleep(time.Minute)
		wantFinding(t, s, finding.Growing, "entries × 1, bytes per entry × 4")
		if got := collect(t, s); got["state.entries sessions"] != 12_000 || got["state.held sessions"] != 48e6 {
			t.Errorf("metrics are %v", got)
		}
	})
}

func TestStateWhoseFunctionPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewState("a", time.Minute, func() (int, int64) { panic("boom") })
		defer started(t, s)()
		time.Sleep(time.Minute)
		wantFinding(t, s, finding.Unknown, "Nothing is known about a")
		if len(collect(t, s)) != 0 {
			t.Error("there are figures that nobody read")
		}
	})
}

func TestStateWithoutBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewState("a", time.Minute, func() (int, int64) { return 1, -1 })
		defer started(t, s)()
		time.Sleep(time.Hour)
		wantFinding(t, s, finding.OK, "1 entry,")
		if _, known := collect(t, s)["state.held a"]; known {
			t.Error("bytes are not known, and there is a figure")
		}
	})
}
