package watch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/govitals/govitals/cardinality"
)

// OutboundConfig configures an Outbound. The zero value is recommended.
type OutboundConfig struct {
	// MaxHosts is how many hosts are told apart, at most 1,048,576; the first that
	// come are. Others count as "(other)".
	// Default: 100.
	MaxHosts int
	// MaxWait is how long a call may wait for the head of its response before it is
	// reported.
	// Default: 5 minutes.
	MaxWait time.Duration
}

// Validate returns an error that names the field that is wrong.
func (c OutboundConfig) Validate() error {
	if c.MaxHosts < 0 || c.MaxHosts > maxNames {
		return fmt.Errorf("watch: OutboundConfig.MaxHosts is %d: use 0 for the default, or up to %d", c.MaxHosts, maxNames)
	}
	if c.MaxWait < 0 {
		return fmt.Errorf("watch: OutboundConfig.MaxWait is %v: use 0 for the default, or more", c.MaxWait)
	}
	return nil
}

func (c OutboundConfig) withDefaults() OutboundConfig {
	if c.MaxHosts == 0 {
		c.MaxHosts = 100
	}
	if c.MaxWait == 0 {
		c.MaxWait = 5 * time.Minute
	}
	return c
}

// Outbound is an http.RoundTripper that watches the calls which go through it: how
// many, how many bytes, to whom, and which do not end. [NewOutbound] makes it. It is
// a metric.Source and a finding.Source.
type Outbound struct {
	next   http.RoundTripper
	config OutboundConfig
	calls  *tracker[*host] // first: waits for the response; second: the body is open
	hosts  *cardinality.Vec[*host]
}

// host is what is counted for one.
type host struct {
	name           string
	outcomes       [callOutcomes]lazyTimings
	sent, received atomic.Uint64
}

// CallOutcome is how a call ended.
type CallOutcome uint8

const (
	// CallOK had a response with a status below 500.
	CallOK CallOutcome = iota
	// CallServerError had a response with a status of 500 or above.
	CallServerError
	// CallFailed had no response.
	CallFailed
	// CallCancelled had no response because its context ended: the caller left or
	// its deadline passed.
	CallCancelled

	callOutcomes = iota
)

var callOutcomeNames = [callOutcomes]string{"ok", "server_error", "failed", "cancelled"}

// String returns the lower-case word that metrics use.
func (o CallOutcome) String() string { return wordOf(uint8(o), callOutcomeNames[:], "CallOutcome") }

// NewOutbound returns an Outbound that hands calls to next, http.DefaultTransport if
// that is nil. It panics if the config makes no sense.
//
//	client := &http.Client{Transport: watch.NewOutbound(nil, watch.OutboundConfig{})}
func NewOutbound(next http.RoundTripper, config OutboundConfig) *Outbound {
	if err := config.Validate(); err != nil {
		panic(err)
	}
	if next == nil {
		next = http.DefaultTransport
	}
	config = config.withDefaults()
	return &Outbound{
		next: next, config: config, calls: newTracker[*host](),
		hosts: newTallies("outbound.duration", "host", config.MaxHosts, func(name string) *host { return &host{name: name} }),
	}
}

// Around returns a RoundTripper that hands calls to another transport and counts them
// here: one Outbound serves all clients of a process, whose figures would have the
// same names otherwise. nil stands for http.DefaultTransport.
func (o *Outbound) Around(next http.RoundTripper) http.RoundTripper {
	if next == nil {
		next = http.DefaultTransport
	}
	return &around{o, next}
}

type around struct {
	outbound *Outbound
	next     http.RoundTripper
}

func (a *around) RoundTrip(r *http.Request) (*http.Response, error) {
	return a.outbound.call(a.next, r)
}

func (a *around) CloseIdleConnections() { closeIdle(a.next) }

// RoundTrip implements [http.RoundTripper].
func (o *Outbound) RoundTrip(r *http.Request) (*http.Response, error) { return o.call(o.next, r) }

func (o *Outbound) call(next http.RoundTripper, r *http.Request) (*http.Response, error) {
	if r.URL == nil {
		return next.RoundTrip(r) // which says what is wrong
	}
	h := o.hosts.With1(strings.ToLower(r.URL.Host))
	began := o.calls.now()
	k := o.calls.addHere(began, h)
	answered := false
	defer func() {
		if !answered { // an error, or a panic
			o.calls.remove(k, o.calls.now(), first)
		}
	}()
	response, err := next.RoundTrip(counted(r, h))
	now := o.calls.now()
	h.outcomes[outcomeOf(r.Context(), response, err)].add(time.Duration(now - began))
	if err != nil || response == nil {
		return response, err
	}
	answered = true
	o.calls.move(k, now, first, second)
	response.Body = o.watchBody(response, k, h)
	return response, nil
}

// CloseIdleConnections hands on what http.Client.CloseIdleConnections asks for.
func (o *Outbound) CloseIdleConnections() { closeIdle(o.next) }

func closeIdle(next http.RoundTripper) {
	if next, ok := next.(interface{ CloseIdleConnections() }); ok {
		next.CloseIdleConnections()
	}
}

func outcomeOf(ctx context.Context, response *http.Response, err error) CallOutcome {
	switch {
	case err != nil && (ctx.Err() != nil || errors.Is(err, context.Canceled)):
		return CallCancelled
	case err != nil || response == nil:
		return CallFailed
	case response.StatusCode >= http.StatusInternalServerError:
		return CallServerError
	}
	return CallOK
}
