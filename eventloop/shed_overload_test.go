package eventloop

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// split returns how long those took that were admitted, sorted, and the number of
// those refused.
func split(answers []answer) (admitted []time.Duration, refused int) {
	for _, a := range answers {
		if a.code == http.StatusOK {
			admitted = append(admitted, a.took)
		} else {
			refused++
		}
	}
	slices.Sort(admitted)
	return admitted, refused
}

// What is admitted waits for less than MaxLag, from the first request of the overload
// on, and the processors have work all the time.
func TestWhatIsAdmittedIsAnsweredInTime(t *testing.T) {
	const work, maxLag, during = 2 * ms, 50 * ms, 1500 * ms
	for _, processors := range []int{1, 2, 4} {
		for _, overload := range []float64{1.5, 3, 10} {
			if testing.Short() && processors != 2 {
				continue
			}
			t.Run(fmt.Sprintf("%d processors, %v times", processors, overload), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := serve(t, processors, ShedConfig{MaxLag: maxLag}, func(q *runQueue) { q.use(work) })
					capacity := float64(processors) / work.Seconds()
					if _, refused := split(s.ask(capacity/2, time.Second)); refused > 0 {
						t.Errorf("%d refused at half of what it can do", refused)
					}
					admitted, _ := split(s.ask(overload*capacity, during))
					p99, goodput := admitted[len(admitted)*99/100], float64(len(admitted))/(capacity*during.Seconds())
					t.Logf("p99 %v, goodput %.2f", p99, goodput)
					if p99 >= maxLag {
						t.Errorf("p99 of what is admitted is %v, want less than %v", p99, maxLag)
					}
					if goodput < 0.8 {
						t.Errorf("%.0f %% of what it can do is admitted, want 80", 100*goodput)
					}
				})
			})
		}
	}
}

// Refusals are spread: there is no long time in which nobody is admitted, and a second
// after the overload everybody is.
func TestNoLongTimeWithoutAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, 2, ShedConfig{}, func(q *runQueue) { q.use(2 * ms) })
		s.ask(500, time.Second)
		answers := s.ask(5000, 2*time.Second)
		var last, gap time.Duration
		slices.SortFunc(answers, func(a, b answer) int { return int(a.due - b.due) })
		for _, a := range answers {
			if a.code == http.StatusOK {
				gap, last = max(gap, a.due-last), a.due
			}
		}
		if gap > 100*ms {
			t.Errorf("for %v nobody was admitted", gap)
		}
		time.Sleep(100 * ms)
		early, refusedEarly := split(s.ask(500, 100*ms))
		time.Sleep(900 * ms)
		if len(early) < refusedEarly/3 { // mostly three in five are admitted
			t.Errorf("in the second tenth of a second after it %d are refused and %d admitted", refusedEarly, len(early))
		}
		if _, refused := split(s.ask(500, time.Second)); refused > 0 {
			t.Errorf("%d are refused a second after it", refused)
		}
	})
}

// A handler that waits for something else than a processor is slow without load.
func TestSlowHandlersWithoutLoadAreNotRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, 2, ShedConfig{MaxLag: minMaxLag}, func(q *runQueue) {
			q.use(100 * time.Microsecond)
			q.leave()
			time.Sleep(2 * time.Second)
			q.arrive()
		})
		admitted, refused := split(s.ask(200, 3*time.Second))
		if refused > 0 || admitted[len(admitted)/2] < 2*time.Second {
			t.Errorf("%d are refused; the others take %v", refused, admitted[len(admitted)/2])
		}
	})
}

// An idle machine may have more lag than is allowed: its timers are coarse, or its
// neighbours loud. No request waits for another there.
func TestLagWithoutAQueueRefusesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProbe(t, Config{IdlePeriod: 10 * ms})
		p.queued = func() bool { return false }
		startOn(t, p, overloaded(time.Second, 4*time.Second)...)
		s := newShedder(t, ShedConfig{Probe: p, MaxLag: minMaxLag})
		for range 40 {
			time.Sleep(101 * ms)
			if _, refused, _ := send(s, "/", 100); refused > 0 {
				t.Fatalf("%d of 100 are refused", refused)
			}
		}
	})
}

// While requests come the probe looks often, and after a second without it does not.
func TestTheProbeLooksOftenWhileRequestsCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := startWith(t, Config{})
		s := newShedder(t, ShedConfig{Probe: p})
		for range 50 {
			time.Sleep(100 * ms)
			send(s, "/", 1)
		}
		before := p.Snapshot().Ticks
		for range 10 {
			time.Sleep(100 * ms)
			send(s, "/", 1)
		}
		often := p.Snapshot().Ticks - before
		time.Sleep(3 * time.Second)
		before = p.Snapshot().Ticks
		time.Sleep(time.Second)
		if seldom := p.Snapshot().Ticks - before; often < 99 || seldom > 11 {
			t.Errorf("%d ticks in a second with requests, %d in one without, want 100 and 10", often, seldom)
		}
	})
}
