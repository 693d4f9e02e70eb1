package leakguard

import (
	"fmt"
	"iter"
	"testing"
	"time"
	"unsafe"

	"github.com/govitals/govitals/internal/stacks"
)

func TestSiteIsSmall(t *testing.T) {
	if size := unsafe.Sizeof(site{}); size > 256 {
		t.Errorf("a site takes %d B, more than 256", size)
	}
}

func TestIdleStepIsFree(t *testing.T) {
	s := newStepper(t)
	s.source = &unchanged{}
	s.Step(s.at)
	if n := testing.AllocsPerRun(200, func() { s.at = s.at.Add(s.config.Resolution); s.Step(s.at) }); n > 0 {
		t.Errorf("an idle step allocates %v times", n)
	}
}

// unchanged is this process, as if nothing was started: something may be.
type unchanged struct{ runtimeSource }

func (*unchanged) counts() (live, created uint64) {
	live, _ = readGoroutines()
	return live, 1000
}

// many is a process with more sites than can be told apart.
type many struct {
	simProcess
	names []stacks.Site
}

func (m *many) profile(count func(stacks.Site, int)) (time.Duration, bool) {
	for _, name := range m.names {
		count(name, 1)
	}
	return 0, true
}

func TestSitesAreBounded(t *testing.T) {
	const n = 3 * maxSites
	m := &many{}
	for i := range n {
		m.names = append(m.names, simName(fmt.Sprint(i)))
	}
	g := newGoroutines(GoroutinesConfig{}, m)
	at := time.Unix(0, 0)
	for range 40 {
		at = at.Add(time.Minute)
		m.created++
		g.Step(at)
		if len(g.table.sites) != maxSites {
			t.Fatalf("%d sites, want %d", len(g.table.sites), maxSites)
		}
	}
	if other := g.table.sites[stacks.Other]; other.count != uint32(n-maxSites+1) {
		t.Errorf("%d others", other.count)
	}
	m.names = m.names[:3]
	for range 13 * 60 {
		at = at.Add(time.Minute)
		m.created++
		g.Step(at)
	}
	if len(g.table.sites) != 3 {
		t.Errorf("%d sites are kept of a process that has 3", len(g.table.sites))
	}
}

// costly is a leaking process in which looking is dear.
type costly struct {
	simProcess
	profileCost, dumpCost time.Duration // per goroutine
	profiles              int
}

func (c *costly) profile(count func(stacks.Site, int)) (time.Duration, bool) {
	c.profiles++
	_, ok := c.simProcess.profile(count)
	return time.Duration(c.live) * c.profileCost, ok
}

func (c *costly) dump() (iter.Seq[*stacks.Goroutine], time.Duration, bool) {
	all, _, whole := c.simProcess.dump()
	return all, time.Duration(c.live) * c.dumpCost, whole
}

// run lets one goroutine leak per minute for some hours beside others that stay.
func (c *costly) run(t *testing.T, others, hours int) *Goroutines {
	t.Helper()
	p := newSim(1)
	c.simProcess = *p
	c.add(&simSite{name: simName("parked"), lasts: simForEver, runs: simForEver, size: func(float64) float64 { return float64(others) }})
	leak := c.add(&simSite{name: simName("leak"), runs: simForEver})
	g := newGoroutines(GoroutinesConfig{}, c)
	for minute := range hours * 60 {
		c.advance(float64(minute), 10)
		c.spawn(leak, 1)
		g.Step(time.Unix(int64(minute)*60, 0))
	}
	return g
}

func TestPauseBudget(t *testing.T) {
	for _, tt := range []struct {
		name             string
		others           int
		profile, dump    time.Duration
		dumpsMin, dumpsM int
		want             State
	}{
		{"small", 1000, 2 * time.Microsecond, 6 * time.Microsecond, 2, 9, Leaking},
		{"large", 20_000, 2 * time.Microsecond, 6 * time.Microsecond, 0, 0, Suspect},
		{"deep stacks", 2500, 20 * time.Microsecond, 60 * time.Microsecond, 0, 0, Suspect},
		{"dumps turn out slow", 2500, time.Microsecond, 60 * time.Microsecond, 1, 1, Suspect},
	} {
		c := &costly{profileCost: tt.profile, dumpCost: tt.dump}
		g := c.run(t, tt.others, 5)
		if c.dumps < tt.dumpsMin || c.dumps > tt.dumpsM {
			t.Errorf("%s: %d dumps, want %d to %d", tt.name, c.dumps, tt.dumpsMin, tt.dumpsM)
		}
		verdicts := g.Verdicts()
		if len(verdicts) != 1 || verdicts[0].State != tt.want || verdicts[0].Stuck != (tt.want == Leaking) {
			t.Errorf("%s: %v, want %v", tt.name, verdicts, tt.want)
		}
	}
}

func TestProfilesKeepToTheirDuty(t *testing.T) {
	c := &costly{profileCost: 2 * time.Microsecond}
	const hours = 10
	c.run(t, 200_000, hours) // 0.4 s each
	spent := time.Duration(c.profiles) * 400 * time.Millisecond
	if share := float64(spent) / float64(hours*time.Hour); share > 1.1*profileDuty || share < profileDuty/2 {
		t.Errorf("%d profiles take %.2f %% of the time", c.profiles, 100*share)
	}
}
