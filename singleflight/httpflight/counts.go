package httpflight

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/govitals/govitals/internal/flight"
)

// How a load ended, as in the label "result". A panic is also what a load looks
// like that ended its goroutine.
const (
	loadOK int = iota
	loadUnshareable
	loadError
	loadPanic
	loadSilent
	loadAbandoned
	loadResults
)

var loadNames = [loadResults]string{"ok", "unshareable", "error", "panic", "silent", "abandoned"}

// aloneReasons are the values of the label "reason".
var aloneReasons = [...]string{
	aloneMethod, aloneBody, aloneCredentials, aloneUpgrade, aloneNoStore, aloneCondition,
	aloneKey, aloneMarked, aloneUnshareable, aloneVary, aloneClosed,
}

// counts counts since construction.
type counts struct {
	requests [flight.Reused + 1]atomic.Uint64 // answered, by source
	byReason [len(aloneReasons)]atomic.Uint64
	loads    [loadResults]atomic.Uint64
	stale    atomic.Uint64
	failed   atomic.Uint64
	cut      atomic.Uint64
	crossed  atomic.Uint64
}

func (c *counts) answered(f *follower) {
	if f.stale != "" {
		c.stale.Add(1)
		return
	}
	c.requests[f.source].Add(1)
}

func (c *counts) alone(why string) {
	for i, reason := range aloneReasons {
		if reason == why {
			c.byReason[i].Add(1)
		}
	}
}

func (c *counts) loaded(result int) { c.loads[result].Add(1) }

// outcomeOf says how a load ended that returned.
func outcomeOf(s *stream, err error) int {
	if fault := s.err(); fault != nil {
		err = fault
	}
	switch {
	case errors.Is(err, flight.ErrAbandoned) || errors.Is(err, context.Canceled) || errors.Is(err, errClosed):
		return loadAbandoned
	case errors.Is(err, errSilent):
		return loadSilent
	case err != nil:
		return loadError
	case !s.head.share:
		return loadUnshareable
	}
	return loadOK
}
