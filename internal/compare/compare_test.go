package compare

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func measure(t *testing.T, r Result, name string) Measure {
	t.Helper()
	for _, m := range r.Measures {
		if m.Name == name {
			return m
		}
	}
	t.Fatalf("%s was not compared: %+v", name, r)
	return Measure{}
}

// Two that are well are never told apart, whatever their age and load: 1,200
// comparisons of nine measures or more, a tenth of that with -short.
func TestHealthyIsNeverWorse(t *testing.T) {
	same, seeds := 0, uint64(100)
	if testing.Short() {
		seeds = 10
	}
	for seed := range seeds {
		for name, change := range map[string]func(*life){
			"alike":               func(*life) {},
			"half the requests":   func(l *life) { l.rate /= 2 },
			"twice the requests":  func(l *life) { l.rate *= 2 },
			"a tenth of them":     func(l *life) { l.rate /= 10 },
			"older":               func(l *life) { l.age, l.began = 4*l.age, -6*time.Hour },
			"younger and unalike": func(l *life) { l.age, l.began, l.rate = 2400, time.Hour, 70 },
		} {
			canary, stable := service(2*seed), service(2*seed+1)
			change(&canary)
			for range 2 {
				r := Compare(canary.side(), stable.side(), Options{})
				if r.Verdict == Worse {
					t.Errorf("seed %d, %s: %s", seed, name, r.Summary)
				}
				if r.Verdict == Same && name == "alike" {
					same++
				}
				canary, stable = stable, canary
			}
		}
	}
	if float64(same) < 0.95*2*float64(seeds) {
		t.Errorf("only %d of %d that are alike are called the same after two hours", same, 2*seeds)
	}
}

// What is planted is found, by its name, within the time stated.
func TestPlantedDifferencesAreFound(t *testing.T) {
	for _, test := range []struct {
		name    string
		plant   func(*life)
		measure string
		within  float64 // seconds of age
	}{
		{"a leak of 5 MB per hour", func(l *life) { l.live, l.leak = 20<<20, 5e6/3600 }, "live_growth", 3600},
		{"a leak for each request", func(l *life) { l.live, l.leakEach = 20<<20, 20 }, "live_growth", 3600},
		{"CPU per request + 20 %", func(l *life) { l.cpu *= 1.25 }, "cpu_per_request", 1500},
		{"p99 twice as long", func(l *life) { l.p99 *= 2 }, "latency_p99", 1800},
		{"a goroutine per minute", func(l *life) { l.pile = 1.0 / 60 }, "goroutine_growth", 7200},
		{"a series for each tenth request", func(l *life) { l.perRequest = 0.1 }, "series", 1080},
		{"twice the memory, which does not grow", func(l *life) { l.live *= 2.5 }, "live", 1080},
	} {
		t.Run(test.name, func(t *testing.T) {
			missed := 0
			for seed := range uint64(20) {
				canary, stable := service(2*seed+1000), service(2*seed+1001)
				if test.measure == "live_growth" {
					stable.live = 20 << 20
				}
				canary.age, stable.age = test.within, test.within
				test.plant(&canary)
				r := Compare(canary.side(), stable.side(), Options{})
				if r.Verdict != Worse || measure(t, r, test.measure).Verdict != Worse {
					missed++
				}
				if back := Compare(stable.side(), canary.side(), Options{}); back.Verdict == Worse {
					t.Errorf("seed %d: the stable side is called worse: %s", seed, back.Summary)
				}
			}
			if missed > 1 {
				t.Errorf("missed in %d of 20 after %s", missed, age(test.within))
			}
		})
	}
}

func TestLoadIsNoFault(t *testing.T) {
	busy, idle := service(1), service(2)
	busy.rate *= 4
	r := Compare(idle.side(), busy.side(), Options{})
	if m := measure(t, r, "cpu_per_request"); m.Verdict != NotComparable || !strings.Contains(m.Why, "times the requests: what does not depend") {
		t.Errorf("a quarter of the requests at 1.15 times the price: %v: %s", m.Verdict, m.Why)
	}
	busy.p99 *= 3
	r = Compare(busy.side(), idle.side(), Options{})
	if m := measure(t, r, "latency_p99"); m.Verdict != NotComparable {
		t.Errorf("three times the p99 under four times the requests: %v: %s", m.Verdict, m.Why)
	}
	dear := service(3)
	dear.rate, dear.cpu = 25, 8e-3
	if m := measure(t, Compare(dear.side(), service(4).side(), Options{}), "cpu_per_request"); m.Verdict != Worse {
		t.Errorf("twice the CPU for a quarter of the requests: %v: %s", m.Verdict, m.Why)
	}
}

func TestStepAndFillingCacheAreNoLeak(t *testing.T) {
	for seed := range uint64(30) {
		stepped := service(seed)
		stepped.jump, stepped.jumpAt = 30<<20, 1200+200*float64(seed%27)
		filling := service(seed)
		filling.cache, filling.fills = 90<<20, 100_000
		for name, l := range map[string]life{"a step": stepped, "a cache": filling} {
			if m := measure(t, Compare(l.side(), service(seed+500).side(), Options{}), "live_growth"); m.Verdict == Worse {
				t.Errorf("seed %d: %s is called growth: %s", seed, name, m.Why)
			}
		}
	}
}

// Before and after a version nothing is at the same time: what a machine does then may
// be different, so a little more CPU is not called worse.
func TestNotAtTheSameTime(t *testing.T) {
	after, before := service(1), service(2)
	after.began, after.cpu = 48*time.Hour, 1.2e-3
	m := measure(t, Compare(after.side(), before.side(), Options{}), "cpu_per_request")
	if m.Verdict != NotComparable || !strings.Contains(m.Why, "not at the same time") {
		t.Errorf("+20 %% two days later: %v: %s", m.Verdict, m.Why)
	}
	after.cpu = 2e-3
	if m = measure(t, Compare(after.side(), before.side(), Options{}), "cpu_per_request"); m.Verdict != Worse {
		t.Errorf("twice the CPU two days later: %v: %s", m.Verdict, m.Why)
	}
}

func TestTheIncidentOf8000Series(t *testing.T) {
	canary, stable := service(1), service(2)
	canary.series, stable.series = 8000, 100
	c, s := canary.side(), stable.side()
	c.Labels = []Place{{Name: "http_request_duration_seconds{path}", Value: 7990}, {Name: "jobs{kind}", Value: 30}}
	s.Labels = []Place{{Name: "http_request_duration_seconds{path}", Value: 90}, {Name: "jobs{kind}", Value: 10}}
	r := Compare(c, s, Options{})
	for _, words := range []string{"CANARY WORSE", "8,000 against 100", "Label http_request_duration_seconds{path} explains 7,900 of them"} {
		if !strings.Contains(r.Summary, words) {
			t.Errorf("the summary lacks %q: %s", words, r.Summary)
		}
	}
	if len(r.Labels) != 2 || r.Labels[1].Difference != 20 {
		t.Errorf("labels are %+v", r.Labels)
	}
}

func TestWhatCannotBeToldIsSaid(t *testing.T) {
	young := service(1)
	young.age = 700
	other := service(2)
	other.age, other.began, other.noise = 1200, time.Hour, 1
	for name, test := range map[string]struct {
		canary, stable Side
		words          string
	}{
		"too young":  {young.side(), service(2).side(), "The canary has been up for 11m 40s, of which the first 10m are warm-up"},
		"no figures": {service(1).side(), Side{State: "ok"}, "The report of the stable side has no figures"},
		"noise":      {other.side(), service(3).side(), "wait about"},
	} {
		r := Compare(test.canary, test.stable, Options{})
		if r.Verdict != CannotTell || !strings.HasPrefix(r.Summary, "CANNOT TELL YET. ") || !strings.Contains(r.Summary, test.words) {
			t.Errorf("%s: %v, want %q: %s", name, r.Verdict, test.words, r.Summary)
		}
	}
}

func TestSameProcessIsRecognised(t *testing.T) {
	older, younger := service(1), service(1)
	younger.age /= 2
	if !SameProcess(older.side(), younger.side()) {
		t.Error("two reports of one life are taken for two processes")
	}
	if SameProcess(service(1).side(), service(2).side()) {
		t.Error("two processes that were started at the same moment are taken for one")
	}
	if SameProcess(Side{}, Side{}) {
		t.Error("two of which nothing is known are taken for one")
	}
}

func ExampleCompare() {
	canary, stable := service(1), service(2)
	canary.leak = 20 << 20 / 3600.0
	r := Compare(canary.side(), stable.side(), Options{})
	fmt.Println(r.Verdict)
	// Output: worse
}

func TestAProcessIsNotYoungerThanAPartOfItsLife(t *testing.T) {
	young := Side{HasFigures: true, Uptime: 180, WarmUp: 600}
	got := (&Result{}).doubts(&pair{window: window{from: 600, to: 600}}, young, young)
	if got != "The canary has been up for 3m, and the first 10m are warm-up." {
		t.Errorf("said is %q", got)
	}
}
