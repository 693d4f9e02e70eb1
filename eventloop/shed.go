package eventloop

import (
	"fmt"
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
// The share that is refused grows while a quantile of the lag in the last moment is
// above ShedConfig.MaxLag and the latest tick was late as well, or while the stall that
// goes on is longer than that: at twice MaxLag what is still admitted shrinks by a
// quarter each 10 ms. While the latest tick is below half of MaxLag the share is halved
// each 150 ms; between the two it shrinks slowly, to see whether less would do. So a
// single spike costs a part of the requests of two tenths of a second.
//
// While nothing is refused a request costs one atomic load.
type Shedder struct {
	config ShedConfig
	next   http.Handler
	refuse atomic.Uint32 // the share that is refused, of 2³²; 0 admits all

	refused, admitted, exempt atomic.Uint64 // while something is refused

	mu       sync.Mutex // held for a moment only
	share    float64
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
		return nil, fmt.Errorf("eventloop: Shed was given no handler: give the one that answers requests")
	}
	s := &Shedder{config: config.withDefaults(), next: next}
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

// admit decides about a request while a share of them is refused.
func (s *Shedder) admit(r *http.Request) bool {
	switch {
	case s.config.Probe.ended.Load(): // nobody would end it
		return true
	case s.isExempt(r.URL.Path):
		s.exempt.Add(1)
		return true
	case rand.Uint32() < s.refuse.Load():
		s.refused.Add(1)
		return s.config.DryRun
	}
	s.admitted.Add(1)
	return true
}

func (s *Shedder) isExempt(path string) bool {
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
