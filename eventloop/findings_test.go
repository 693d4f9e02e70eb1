package eventloop

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/finding"
)

// only returns the one finding that a probe has.
func only(t *testing.T, p *Probe) finding.Finding {
	t.Helper()
	all := p.Findings()
	if len(all) != 1 || all[0].Signal != "eventloop" {
		t.Fatalf("findings are %+v, want one about the eventloop", all)
	}
	return all[0]
}

func TestAProbeThatDoesNotRunSaysSo(t *testing.T) {
	p := newProbe(t, Config{Mode: Timer})
	if f := only(t, p); f.State != finding.Unknown || !strings.Contains(f.Summary, "not started") {
		t.Errorf("before Start: %+v", f)
	}
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if f := only(t, p); f.State != finding.TooEarly || !strings.Contains(f.Summary, "Too early") {
		t.Errorf("at first: %+v", f)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if f := only(t, p); f.State != finding.Unknown || !strings.Contains(f.Summary, "closed") {
		t.Errorf("after Close: %+v", f)
	}
}

func TestFindingsOfALife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		var stalls []span
		for at := 120 * time.Second; at < 180*time.Second; at += time.Second { // a bad minute
			stalls = append(stalls, span{at + 3*ms, at + 203*ms})
		}
		p := startWith(t, Config{Period: 50 * ms, IdlePeriod: 50 * ms}, append([]span{{61*time.Second - 1, 61*time.Second + 120*ms}}, stalls...)...)
		time.Sleep(59 * time.Second)
		f := only(t, p)
		if f.State != finding.OK || f.Cause != "" || !strings.Contains(f.Summary, "Ready work runs soon") {
			t.Errorf("without stalls: %+v", f)
		}
		time.Sleep(10 * time.Second)
		f = only(t, p)
		if f.State != finding.OK || f.Cause != "gc" || !strings.Contains(f.Summary, "1 stall; the longest took 120ms") {
			t.Errorf("after one stall: %+v", f)
		}
		time.Sleep(81 * time.Second)
		f = only(t, p)
		since := f.Since.Sub(begin)
		if f.State != finding.Lagging || f.Cause != "gc" || f.Advice != CauseGC.Advice() || since < 119*time.Second || since > 123*time.Second {
			t.Errorf("in the bad minute, since %v: %+v", since, f)
		}
		if !strings.Contains(f.Summary, "one request in a hundred for 1") || !strings.Contains(f.Summary, CauseGC.Sentence()) {
			t.Errorf("in the bad minute: %s", f.Summary)
		}
		if how := strings.Join(f.How, "\n"); !strings.Contains(how, "stalls of gc") || !strings.Contains(how, "locks") {
			t.Errorf("it rests on %s", how)
		}
		time.Sleep(120 * time.Second)
		if f = only(t, p); f.State != finding.OK || !f.Since.IsZero() {
			t.Errorf("long after it: %+v", f)
		}
	})
}

func TestAStallThatGoesOnIsSaidAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := startWith(t, Config{}, span{2 * time.Second, time.Hour})
		time.Sleep(6 * time.Second)
		f := only(t, p)
		if f.State != finding.Lagging || !strings.Contains(f.Summary, "A stall goes on, for ") || strings.Contains(f.Summary, "waits") || f.Advice == "" {
			t.Errorf("in a stall of four seconds: %+v", f)
		}
	})
}

// A minute has only sixty ticks then.
func TestALongPeriodGetsAVerdictToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := startWith(t, Config{Period: time.Second})
		for range 3 {
			time.Sleep(time.Minute)
			if f := only(t, p); f.State != finding.OK {
				t.Errorf("with a tick a second: %+v", f)
			}
		}
	})
}

// However seldom it ticks, a verdict is about a minute or so.
func TestAVerdictIsAboutTheLastMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := startWith(t, Config{IdlePeriod: time.Minute}, span{9 * time.Minute, 9*time.Minute + 5*time.Second})
		time.Sleep(9*time.Minute + 40*time.Second)
		if f := only(t, p); f.State != finding.Lagging {
			t.Errorf("within a minute after a stall of 5 s: %+v", f)
		}
		time.Sleep(3 * time.Minute)
		if f, longest := only(t, p), p.window().Max; f.State != finding.OK || longest != 0 {
			t.Errorf("three minutes after it, with a delay of %v: %+v", longest, f)
		}
	})
}

func TestLocksAreMentionedBesideLag(t *testing.T) {
	w := Snapshot{Elapsed: time.Minute, MutexWait: 30 * time.Minute}
	if got := lockWords(w); !strings.Contains(got, "30 goroutines on average waited for locks") {
		t.Errorf("said is %q", got)
	}
	if got := lockWords(Snapshot{Elapsed: time.Minute, MutexWait: time.Minute}); !strings.Contains(got, "1 goroutine on") {
		t.Errorf("said of one is %q", got)
	}
	if got := lockWords(Snapshot{Elapsed: time.Minute, MutexWait: time.Second}); got != "" {
		t.Errorf("said of hardly any waits is %q", got)
	}
}

func TestBlamed(t *testing.T) {
	collection, prices := finding.Culprit{Name: "garbage collection", Share: 0.7}, finding.Culprit{Name: "main.newPrices", File: "block.go", Line: 154, Share: 0.4}
	few := prices
	few.Share = 0.02
	for want, culprits := range map[string][]finding.Culprit{
		"garbage collection, and main.newPrices ran beside it": {collection, prices},
		"main.newPrices":     {prices, collection},
		"garbage collection": {collection, few},
	} {
		if got := blamed(culprits); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := blamed([]finding.Culprit{collection}); got != "garbage collection" {
		t.Errorf("%q of a collection alone", got)
	}
}

func TestFiguresHaveNoExponents(t *testing.T) {
	if got := lockWords(Snapshot{Elapsed: time.Minute, MutexWait: 1500 * time.Minute}); !strings.Contains(got, "1,500 goroutines") {
		t.Errorf("said is %q", got)
	}
	for d, want := range map[time.Duration]string{
		999600 * time.Microsecond: "1s", 999400 * time.Microsecond: "999ms", 999600 * time.Nanosecond: "1ms",
		12345 * time.Microsecond: "12.3ms", 450 * time.Microsecond: "450µs", 0: "0µs",
	} {
		if got := short(d); got != want {
			t.Errorf("%v is written as %q, want %q", d, got, want)
		}
	}
}

// What is known of earlier stalls is not said of the one that goes on.
func TestTheCauseOfAStallThatGoesOnIsNotThatOfEarlierOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := startWith(t, Config{IdlePeriod: 10 * ms}, span{11003 * ms, 11103 * ms}, span{30 * time.Second, time.Hour})
		begin := time.Now()
		time.Sleep(33 * time.Second)
		p.capture.Store(&Capture{seen: captured{stall: Stall{Start: begin.Add(11 * time.Second)}, culprits: []finding.Culprit{{Name: "main.other"}}}})
		f := only(t, p)
		if f.State != finding.Lagging || f.Cause != "" || f.Advice == CauseGC.Advice() || len(f.Culprits) > 0 {
			t.Errorf("in a stall of three seconds after a short one: %+v", f)
		}
		if since := f.Since.Sub(begin); since != 30*time.Second {
			t.Errorf("it is so since %v, want 30s", since)
		}
		if !strings.Contains(f.Summary, "Earlier: 1 stall; the longest took 9") {
			t.Errorf("said is %q", f.Summary)
		}
	})
}

func TestAStallIsOneFromTheThresholdOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := startWith(t, Config{StallThreshold: time.Minute}, span{10 * time.Second, time.Hour})
		time.Sleep(40 * time.Second)
		if f := only(t, p); f.State != finding.OK || strings.Contains(f.Summary, "stall") {
			t.Errorf("half a minute is no stall: %+v", f)
		}
	})
}

// Of what was before a stall nothing is said unless it is known.
func TestAStallFromTheStartOnHasNoBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := startWith(t, Config{}, span{0, time.Hour})
		time.Sleep(3 * time.Second)
		if f := only(t, p); f.State != finding.Lagging || strings.Contains(f.Summary, "Before it") {
			t.Errorf("in a stall that began with the process: %+v", f)
		}
	})
}
