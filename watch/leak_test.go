package watch

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/leakguard"
)

// What comes and goes must leave nothing behind, whatever its end.
func TestNothingIsLeft(t *testing.T) {
	if testing.Short() {
		t.Skip("repeats and collects garbage")
	}
	q, f := NewQueue("a"), NewInFlight(InFlightConfig{})
	o := NewOutbound(roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodPost {
			return nil, errors.New("refused")
		}
		return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader("x"))}, nil
	}), OutboundConfig{})
	leakguard.Loop(t, 10, func() {
		for range 200 {
			a, b := q.Add(), q.Add()
			a.Start()
			a.Done()
			b.Drop()
			f.Begin(context.Background(), "a").End(OK)
			_, _ = o.RoundTrip(httptest.NewRequest(http.MethodPost, "http://a/", nil))
			response, _ := o.RoundTrip(httptest.NewRequest(http.MethodGet, "http://a/", nil))
			_ = response.Body.Close()
		}
		j := NewJob(JobConfig{Name: "a", Every: time.Hour, OnOverdue: func(JobStats) {}})
		ctx, cancel := context.WithCancel(context.Background())
		_ = j.Run(ctx, func(context.Context) error { cancel(); return nil })
	})
}

// A service that is well is not warned of, and each part says something all the same.
func TestAHealthyServiceForTenMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, f, p := NewQueue("mail"), NewInFlight(InFlightConfig{}), NewPool(PoolConfig{
			Name: "db", Read: func() PoolReading { return PoolReading{InUse: 3, Max: 4, Waiting: -1} },
		})
		s := NewState("cache", time.Minute, func() (int, int64) { return 5000, 1 << 30 })
		o := NewOutbound(roundTrip(func(*http.Request) (*http.Response, error) {
			time.Sleep(100 * time.Millisecond)
			return &http.Response{StatusCode: 200, Body: http.NoBody}, nil
		}), OutboundConfig{})
		j := NewJob(JobConfig{Name: "refresh", Every: time.Minute})
		for _, part := range []interface {
			Start(context.Context) error
			Close() error
		}{f, p, s} {
			defer started(t, part)()
		}
		client, c := &http.Client{Transport: o}, NewChan[int](q, 10)
		handler := f.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _ = c.Send(r.Context(), 1) }))
		defer run(t, j, func(context.Context) error { _, err := client.Get("http://a/"); return err })()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go c.Work(ctx, func(context.Context, int) error { time.Sleep(time.Second); return nil })
		for second := range 600 {
			ctx, leave := context.WithTimeout(t.Context(), time.Second)
			served(handler, ctx, "/x")
			leave()
			time.Sleep(time.Second)
			for _, source := range []finding.Source{q, f, p, s, o, j} {
				if said := only(t, source); said.State != finding.OK && (said.State != finding.TooEarly && said.State != finding.Unknown || second > 90) {
					t.Fatalf("after %d s: %v: %s", second, said.State, said.Summary)
				}
			}
		}
	})
}
