package eventloop

import (
	"errors"
	"math"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Shedder refuses a share of the requests while ready work waits for too long, so
// that those it admits are answered in time. Make one with [NewShedder] or [Shed].
// It is an http.Handler, a metric.Source and a finding.Source.
//
// It begins at two fifths of ShedConfig.MaxLag, since some more wait until it takes
// effect:
//   - While a tick of the probe is overdue by that, and until the queue in which it
//     waited has gone, nearly all requests are refused: those that are handled then have
//     waited for as long. To refuse them takes no time to speak of, so a queue is
//     gone within milliseconds.
//   - While a quantile of the lag in the last moment and the latest tick are above it, a
//     share of the requests grows that is refused at other times, so that the queue
//     seldom gets as long again. At twice that lag what is still admitted shrinks by a
//     quarter each 10 ms; while ticks are late by less than half of it the share is
//     halved each 150 ms, and between the two it shrinks slowly.
//
// Nothing is refused while no more goroutines are ready than there are processors,
// however late the ticks are: the machine is slow then, or was stopped, and no request
// waits for another. Nor is anything because handlers wait for something else than a
// processor.
//
// While nothing is refused a request costs one atomic load, and the first after each
// tick some nanoseconds more: the probe keeps to its short period while requests come.
type Shedder struct {
	config ShedConfig
	next   http.Handler
	refuse atomic.Uint32 // the share that is refused, of 2³²; 0 and armed admit all
	asked  atomic.Bool   // whether a request came since the latest tick
	most   time.Duration // the lag from which on requests are refused

	refused, admitted, exempt atomic.Uint64 // while something is refused

	mu       sync.Mutex // held for a moment only
	share    float64    // that is refused between late ticks
	queue    bool       // whether there was one when the watchdog saw the tick overdue
	draining bool       // whether nearly all are refused since a tick was late
	lag      time.Duration
	decided  time.Duration // when, on the clock of the probe
	since    time.Time     // when it began to refuse
	watchdog *time.Timer
}

// Shed returns a [Shedder] around next, and panics where the config is wrong.
//
//	handler := eventloop.Shed(mux, eventloop.ShedConfig{Probe: probe, MaxLag: 50 * time.Millisecond})
func Shed(next http.Handler, config ShedConfig) http.Handler {
	s, err := NewShedder(next, config)
	if err != nil {
		panic(err)
	}
	return s
}

// NewShedder is Shed with an error in place of a panic: that of
// [ShedConfig.Validate], or that too many handlers use the probe.
func NewShedder(next http.Handler, config ShedConfig) (*Shedder, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	if next == nil {
		return nil, errors.New("eventloop: Shed was given no handler: give the one that answers requests")
	}
	s := &Shedder{config: config.withDefaults(), next: next}
	s.most = s.config.MaxLag * 2 / 5
	if err := config.Probe.follow(s.config.Window, s.config.Quantile, s.told); err != nil {
		return nil, err
	}
	return s, nil
}

// ServeHTTP implements [http.Handler].
func (s *Shedder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.refuse.Load() == 0 || s.admit(r) {
		s.next.ServeHTTP(w, r)
		return
	}
	s.config.Refused.ServeHTTP(w, r)
}

// admit decides about a request while a share of them is refused, and about the first
// after a tick.
func (s *Shedder) admit(r *http.Request) bool {
	share := s.refuse.Load()
	switch {
	case s.config.Probe.ended.Load(): // nobody would end it
		return true
	case share <= armed:
		s.refuse.CompareAndSwap(armed, 0)
		s.asked.Store(true)
		return true
	case s.isExempt(r.URL.Path):
		s.exempt.Add(1)
		return true
	case rand.Uint32() < share:
		s.refused.Add(1)
		return s.config.DryRun
	}
	s.admitted.Add(1)
	return true
}

// isExempt reports whether a path is exempt. What would lead out of an exempt directory
// is not: some routers go there.
func (s *Shedder) isExempt(path string) bool {
	if strings.Contains(path, "/..") {
		return false
	}
	for _, exempt := range s.config.Exempt {
		if path == exempt || strings.HasSuffix(exempt, "/") && strings.HasPrefix(path, exempt) {
			return true
		}
	}
	return false
}

// refusal answers with status 503.
func refusal(after time.Duration) http.Handler {
	seconds := strconv.Itoa(int(math.Ceil(after.Seconds())))
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", seconds)
		http.Error(w, "The service has more to do than it can: try again in "+seconds+" s.", http.StatusServiceUnavailable)
	})
}
