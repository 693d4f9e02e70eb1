package httpflight_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/metric"
	"github.com/govitals/govitals/singleflight/httpflight"
)

var (
	_ metric.Source  = (*httpflight.Handler)(nil)
	_ finding.Source = (*httpflight.Handler)(nil)
	_ metric.Source  = (*httpflight.Sockets)(nil)
	_ finding.Source = (*httpflight.Sockets)(nil)
)

func TestConfigNamesTheField(t *testing.T) {
	for field, config := range map[string]httpflight.Config{
		"Reuse": {Reuse: -1}, "Mark": {Mark: -1}, "MaxBytes": {MaxBytes: -1}, "MaxBody": {MaxBody: -1}, "MaxLoads": {MaxLoads: -1},
		"MaxFollowers": {MaxFollowers: -1}, "LoadTimeout": {LoadTimeout: -1}, "StallTimeout": {StallTimeout: -1}, "NotSentLowat": {NotSentLowat: -1},
		"Name": {Name: "a b\r\n"}, "Private": {Private: []string{"X-A", "b c"}}, "MaxBody is": {MaxBody: 2, MaxBytes: 1},
	} {
		if err := config.Validate(); err == nil || !strings.Contains(err.Error(), "Config."+field) {
			t.Errorf("%s: %v", field, err)
		}
	}
	if err := (httpflight.Config{MaxBytes: 1 << 20}).Validate(); err != nil {
		t.Errorf("a small MaxBytes alone: %v", err)
	}
}

func TestOneTooManyGets503(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandler(t, slow("hello"), httpflight.Config{MaxLoads: 3, MaxFollowers: 4})
		status := map[int]int{}
		var mu sync.Mutex
		var all sync.WaitGroup
		ask := func(url string) {
			all.Go(func() {
				c := newClient("GET", url).do(h)
				mu.Lock()
				defer mu.Unlock()
				if status[c.status]++; c.status == 503 && c.sent.Get("Retry-After") == "" {
					t.Error("no Retry-After")
				}
			})
		}
		for i := range 5 {
			ask(fmt.Sprint("http://a.example/", i))
		}
		all.Wait()
		if status[200] != 3 || status[503] != 2 {
			t.Errorf("five loads at once, of three: %v", status)
		}
		clear(status)
		for range 7 {
			ask("http://a.example/")
		}
		all.Wait()
		if status[200] != 5 || status[503] != 2 {
			t.Errorf("seven clients of one load, which takes one and four: %v", status)
		}
	})
}

// Bodies for which there is no room arrive all the same, and what is held stays
// below MaxBytes.
func TestBytesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const size = 1 << 20
		h := newHandler(t, newOrigin(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			for range 16 {
				_, _ = io.WriteString(w, strings.Repeat("x", size/16))
				time.Sleep(50 * time.Millisecond)
			}
		}), httpflight.Config{MaxBytes: 3 << 20, MaxBody: 2 << 20, Reuse: time.Second})
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				c := newClient("GET", fmt.Sprint("http://a.example/", i%10)).do(h)
				if c.body.Len() != size || c.aborted {
					t.Errorf("client %d got %d bytes, aborted %v", i, c.body.Len(), c.aborted)
				}
			})
		}
		full := false
		for range 16 {
			time.Sleep(50 * time.Millisecond)
			if held := figure(h, "httpflight.held"); held > 3<<20 {
				t.Errorf("%v bytes are held", held)
			}
			for _, f := range h.Findings() {
				full = full || f.Cause == "max_bytes" && f.State == finding.TooSmall
			}
		}
		all.Wait()
		if figure(h, "httpflight.crossed") == 0 {
			t.Error("ten bodies of 1 MiB found room in 3 MiB")
		}
		if !full {
			t.Error("no finding said that MaxBytes is used up")
		}
		time.Sleep(2 * time.Second)
		wantNothingHeld(t, h)
	})
}

// Every sample is of a declared metric, and valid.
func TestMetricsAreDeclared(t *testing.T) {
	h := newHandler(t, newOrigin(func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Set-Cookie", "a=b") }), httpflight.Config{})
	declared := map[string]bool{}
	for _, d := range append(h.Describe(), new(httpflight.Sockets).Describe()...) {
		declared[d.Name] = true
		if err := d.Validate(); err != nil {
			t.Error(err)
		}
	}
	get(h)
	series := 0
	h.Collect(func(s metric.Sample) {
		series++
		if err := s.Validate(); err != nil || !declared[s.Desc.Name] {
			t.Errorf("%s: declared %v, %v", s.Desc.Name, declared[s.Desc.Name], err)
		}
	})
	for i := range 100 {
		newClient("GET", fmt.Sprint("http://a.example/", i)).do(h)
	}
	h.Collect(func(metric.Sample) { series-- })
	if series < -1 || series > 1 { // the age of the oldest load is there while one runs
		t.Errorf("a hundred addresses made %d series more", -series)
	}
	if f := h.Findings(); len(f) != 1 || f[0].Cause != "unshareable" {
		t.Errorf("findings about a hundred private answers: %v", f)
	}
}
