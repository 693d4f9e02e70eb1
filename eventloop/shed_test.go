package eventloop

import (
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/metric"
)

// fine is a handler that answers with status 204.
var fine = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })

// send returns the answers to n requests for a path.
func send(h http.Handler, path string, n int) (admitted, refused int, last *httptest.ResponseRecorder) {
	for range n {
		last = httptest.NewRecorder()
		h.ServeHTTP(last, httptest.NewRequest("GET", path, nil))
		if last.Code == http.StatusNoContent {
			admitted++
		} else {
			refused++
		}
	}
	return admitted, refused, last
}

// overloaded returns stalls of which each is followed by a moment in which requests
// are answered.
func overloaded(from, to time.Duration) (stalls []span) {
	for at := from; at < to; at += 130 * ms {
		stalls = append(stalls, span{at + 3*ms, at + 123*ms})
	}
	return stalls
}

func newShedder(tb testing.TB, config ShedConfig) *Shedder {
	tb.Helper()
	s, err := NewShedder(fine, config)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func TestRequestsAreRefusedWhileLagIsHigh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := startWith(t, Config{IdlePeriod: 10 * ms}, overloaded(time.Second, 3*time.Second)...)
		s := newShedder(t, ShedConfig{Probe: p})
		time.Sleep(900 * ms)
		if _, refused, _ := send(s, "/", 1000); refused != 0 {
			t.Errorf("%d refused before there is lag", refused)
		}
		time.Sleep(165 * ms)
		_, during, answer := send(s, "/", 20_000)
		time.Sleep(74 * ms) // the stall is over, the next began and is not seen yet
		_, between, _ := send(s, "/", 1000)
		if during < 19_900 || during == 20_000 || between < 100 || between > 800 {
			t.Errorf("refused are %d of 20,000 during a stall and %d of 1,000 after it, want nearly all and a share", during, between)
		}
		time.Sleep(1761 * ms)
		if refused := answer.Code == http.StatusServiceUnavailable; refused && answer.Header().Get("Retry-After") != "1" {
			t.Errorf("Retry-After is %q", answer.Header().Get("Retry-After"))
		}
		if admitted, _, _ := send(s, "/healthz", 100); admitted != 100 {
			t.Errorf("%d of 100 health checks admitted", admitted)
		}
		if f := s.Findings()[0]; f.State != finding.Lagging || f.Since.IsZero() || !strings.Contains(f.Summary, "are refused") {
			t.Errorf("the finding is %+v", f)
		}
		time.Sleep(1100 * ms) // the last stall ended 0.9 s ago
		if _, refused, _ := send(s, "/", 1000); refused != 0 {
			t.Errorf("%d refused after the lag has gone", refused)
		}
		if f := s.Findings()[0]; f.State != finding.OK {
			t.Errorf("then it is %+v", f)
		}
	})
}

// During a stall of the probe alone, as behind a long run queue, no tick comes.
func TestAStallThatGoesOnCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := startWith(t, Config{}, span{1003 * ms, 3 * time.Second})
		s := newShedder(t, ShedConfig{Probe: p})
		time.Sleep(1500 * ms)
		if _, refused, _ := send(s, "/", 1000); refused < 500 {
			t.Errorf("%d of 1,000 refused half a second into a stall", refused)
		}
		if f := s.Findings()[0]; !strings.Contains(f.Summary, "ready work waits for 400ms") {
			t.Errorf("half a second into a stall it says %q", f.Summary)
		}
		time.Sleep(3 * time.Second)
		if _, refused, _ := send(s, "/", 1000); refused != 0 {
			t.Errorf("%d refused after the stall", refused)
		}
	})
}

func TestOneSpikeCostsTwoTenthsOfASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := startWith(t, Config{IdlePeriod: 10 * ms}, span{1003 * ms, 1203 * ms})
		s := newShedder(t, ShedConfig{Probe: p})
		time.Sleep(1204 * ms)
		var lost float64
		for range 100 {
			_, refused, _ := send(s, "/", 200)
			lost += float64(refused) / 200 * 0.01
			time.Sleep(10 * ms)
		}
		if lost <= 0 || lost > 0.25 {
			t.Errorf("a spike of 200 ms costs the requests of %.3f s, want some, up to 0.25 s", lost)
		}
	})
}

func TestDryRunRefusesNothingAndCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := startWith(t, Config{}, overloaded(time.Second, 3*time.Second)...)
		s := newShedder(t, ShedConfig{Probe: p, DryRun: true, Exempt: []string{}})
		time.Sleep(2500 * ms)
		if _, refused, _ := send(s, "/healthz", 1000); refused != 0 {
			t.Errorf("%d refused", refused)
		}
		sum := 0.0
		s.Collect(func(m metric.Sample) {
			switch {
			case m.Desc.Name == descShedShare.Name:
			case m.LabelValues[0] == "would_refuse" && m.Value < 100, m.LabelValues[0] == "exempt" && m.Value > 0:
				t.Errorf("%s is %v", m.LabelValues[0], m.Value)
			default:
				sum += m.Value
			}
		})
		if sum != 1000 {
			t.Errorf("%v requests counted, want 1,000", sum)
		}
		if f := s.Findings()[0]; !strings.Contains(f.Summary, "would be refused") {
			t.Errorf("the finding is %q", f.Summary)
		}
	})
}

func TestWithoutAProbeThatRunsAllAreAdmitted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProbe(t, Config{})
		s := newShedder(t, ShedConfig{Probe: p})
		if f := s.Findings()[0]; f.State != finding.Unknown || !strings.Contains(f.Summary, "not started") {
			t.Errorf("before Start it says %+v", f)
		}
		if _, refused, _ := send(s, "/", 100); refused != 0 {
			t.Errorf("%d refused before Start", refused)
		}
		running := startWith(t, Config{}, overloaded(time.Second, 3*time.Second)...)
		s = newShedder(t, ShedConfig{Probe: running})
		time.Sleep(2 * time.Second)
		running.Close()
		if _, refused, _ := send(s, "/", 100); refused != 0 {
			t.Errorf("%d refused after Close", refused)
		}
		if f := s.Findings()[0]; f.State != finding.Unknown || !strings.Contains(f.Summary, "closed") {
			t.Errorf("after Close it says %+v", f)
		}
	})
}

func TestShareStaysBetweenNothingAndAll(t *testing.T) {
	share, most := 0.0, 50*ms
	for i := range 100_000 {
		lag, latest, after := time.Duration(i*7919%300)*ms, time.Duration(i*6007%211)*ms, time.Duration(i*104729%400+1)*ms
		if i > 50_000 {
			lag, latest = math.MaxInt64, math.MaxInt64
		}
		next := nextShare(share, lag, latest, most, after)
		switch {
		case next < 0 || next >= 1 || math.IsNaN(next):
			t.Fatalf("%v, %v and %v give %v", share, lag, latest, next)
		case lag >= most && latest >= most && next < share, (lag < most || latest < most) && next > share:
			t.Fatalf("with lags of %v and %v it goes from %v to %v", lag, latest, share, next)
		}
		share = next
	}
}

func TestAdmissionAllocatesNothing(t *testing.T) {
	s := newShedder(t, ShedConfig{Probe: newProbe(t, Config{})})
	w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)
	s.next = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	for _, share := range []uint32{0, armed, 2} {
		s.refuse.Store(share)
		if got := testing.AllocsPerRun(100, func() { s.ServeHTTP(w, r) }); got != 0 {
			t.Errorf("with a share of %d: %v allocations", share, got)
		}
	}
}

func TestShedConfigNamesTheField(t *testing.T) {
	p := newProbe(t, Config{})
	for field, config := range map[string]ShedConfig{
		"ShedConfig.Probe is nil": {}, "ShedConfig.Probe is a zero": {Probe: new(Probe)},
		"ShedConfig.MaxLag": {Probe: p, MaxLag: ms}, "ShedConfig.Quantile": {Probe: p, Quantile: math.NaN()},
		"ShedConfig.Window": {Probe: p, Window: time.Hour}, "ShedConfig.RetryAfter": {Probe: p, RetryAfter: -1},
		"ShedConfig.Exempt[0]": {Probe: p, Exempt: []string{"health"}}, "ShedConfig.Exempt has": {Probe: p, Exempt: make([]string, 65)},
	} {
		if _, err := NewShedder(fine, config); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("the error is %v, want one about %s", err, field)
		}
	}
	if _, err := NewShedder(nil, ShedConfig{Probe: p}); err == nil {
		t.Error("a nil handler is no error")
	}
	defer func() {
		if recover() == nil {
			t.Error("Shed does not panic")
		}
	}()
	Shed(fine, ShedConfig{})
}

func BenchmarkShedAdmits(b *testing.B) {
	s := newShedder(b, ShedConfig{Probe: newProbe(b, Config{})})
	s.next = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	r := httptest.NewRequest("GET", "/", nil)
	b.ReportAllocs()
	for b.Loop() {
		s.ServeHTTP(nil, r)
	}
}

// dying is a source that fails from a time on, as a timerfd does that somebody closed by
// its number.
type dying struct {
	sleeper
	from time.Duration
}

func (d *dying) arm(first, period time.Duration) error {
	if d.since() >= d.from {
		return errors.New("bad file descriptor")
	}
	return d.sleeper.arm(first, period)
}

func (d *dying) wait() (uint64, error) {
	n, err := d.sleeper.wait()
	if d.since() >= d.from && err == nil {
		err = errors.New("bad file descriptor")
	}
	return n, err
}

func TestATimerThatFailsRefusesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProbe(t, Config{})
		p.queued = func() bool { return true }
		p.open = func(_ Mode, since func() time.Duration) (source, Mode, error, error) {
			stalls := []span{{1003 * ms, 1203 * ms}}
			return &dying{sleeper{since: since, stalls: stalls, done: make(chan struct{})}, 1100 * ms}, Netpoll, nil, nil
		}
		s := newShedder(t, ShedConfig{Probe: p})
		if err := p.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		time.Sleep(1150 * ms)
		if _, refused, _ := send(s, "/", 1000); refused < 500 {
			t.Errorf("%d of 1,000 refused in a stall", refused)
		}
		time.Sleep(time.Minute)
		if _, refused, _ := send(s, "/", 1000); refused != 0 || p.Overdue() != 0 {
			t.Errorf("%d of 1,000 refused, %v overdue; the timer fails since a minute", refused, p.Overdue())
		}
		if troubles := p.troubles(); len(troubles) == 0 {
			t.Error("nobody says that it fails")
		}
	})
}

func TestWhatIsExemptStaysSo(t *testing.T) {
	own := []string{"/live", "/debug/"}
	s := newShedder(t, ShedConfig{Probe: newProbe(t, Config{}), Exempt: own})
	own[0] = "/"
	for path, want := range map[string]bool{
		"/live": true, "/": false, "/lively": false, "/live/x": false, "*": false, "": false,
		"/debug/": true, "/debug/pprof": true, "/debug": false, "/debug/../orders": false, "/debug/..": false,
	} {
		if got := s.isExempt(path); got != want {
			t.Errorf("it is %v that %q is exempt, want %v", got, path, want)
		}
	}
}
