package heap

import (
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/finding"
)

func TestSizerFollowsARealMonitor(t *testing.T) {
	keep(t, 64<<20)
	synctest.Test(t, func(t *testing.T) {
		m := newMonitor(t)
		sizer, err := NewSizer(SizerConfig{MinAge: time.Minute, MinCycles: 3})
		if err != nil {
			t.Fatal(err)
		}
		sizer.Observe(m) // not started: nothing to take in
		if err := m.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		for range 12 {
			runtime.GC()
			time.Sleep(10 * time.Second)
			sizer.Observe(m)
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
		advice := RightSize(sizer, finding.OK)
		if live := m.Snapshot().Live; advice.Memory.Request < live || advice.Memory.Request > 8*live {
			t.Errorf("with %d live the advice is to ask for %d: %s", live, advice.Memory.Request, advice)
		}
		if !strings.Contains(advice.Kubernetes(), "memory:") {
			t.Errorf("the Kubernetes form is\n%s", advice.Kubernetes())
		}
	})
}

// Nothing gathers in the zero value, and it says so.
func TestZeroSizerKeepsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMonitor(t)
		if err := m.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		runtime.GC()
		time.Sleep(10 * time.Second)
		sizer := new(Sizer)
		sizer.Observe(m)
		if err := m.Close(); err != nil {
			t.Error(err)
		}
		if s := RightSize(sizer, finding.OK).String(); !strings.Contains(s, "NewSizer") {
			t.Errorf("a zero Sizer says %q", s)
		}
	})
}
