package httpflight_test

import (
	"net/http"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/singleflight/httpflight"
)

// isPrivate is the rule in its simplest form, written apart from the code: any of
// these words anywhere in such a header makes the answer one for a single client.
func isPrivate(status int, h http.Header) bool {
	values := func(name string) (all string) {
		for key, lines := range h {
			if textproto.CanonicalMIMEHeaderKey(key) == name {
				all += "," + strings.Join(lines, ",")
			}
		}
		return strings.ToLower(all)
	}
	for element := range strings.SplitSeq(values("Cache-Control"), ",") {
		name, _, _ := strings.Cut(strings.TrimSpace(element), "=")
		if slices.Contains([]string{"private", "no-store", "no-cache"}, strings.TrimSpace(name)) && !strings.Contains(values("Cache-Control"), `"`) {
			return true
		}
	}
	for element := range strings.SplitSeq(values("Vary"), ",") {
		if strings.TrimSpace(element) == "*" {
			return true
		}
	}
	return values("Set-Cookie") != "" || slices.Contains([]int{206, 401, 403, 407, 429}, status)
}

// FuzzPrivate: an answer that the rules call private never reaches another
// request, and neither does one to a request with credentials, nor one that
// varies on a header in which the two differ.
func FuzzPrivate(f *testing.F) {
	f.Add(200, "Cache-Control", "private", "", "", "", "")
	f.Add(200, "set-cookie", "a=b", "Vary", "X-A", "X-A", "1")
	f.Add(404, "Vary", "x-a", "Cache-Control", "max-age=10", "X-A", "1")
	f.Add(200, "Cache-Control", "max-age=1,\tNo-Store ,", "Vary", ", ,*", "Cookie", "a")
	f.Add(302, "Cache-Control", "public, no-cache", "Expires", "0", "authorization", "x")
	for _, headers := range privateAnswers {
		name, value, _ := strings.Cut(headers[0], ": ")
		f.Add(200, name, value, "", "", "", "")
	}
	f.Fuzz(func(t *testing.T, status int, name1, value1, name2, value2, ask, asked string) {
		if status < 200 || status > 999 {
			return
		}
		synctest.Test(t, func(t *testing.T) { oneForEach(t, status, name1, value1, name2, value2, ask, asked) })
	})
}

// oneForEach lets three clients ask at once, one later, and one when what they got
// is stale. Each answer carries the number of the load.
func oneForEach(t *testing.T, status int, name1, value1, name2, value2, ask, asked string) {
	var private atomic.Bool
	var loads atomic.Int64
	o := newOrigin(func(w http.ResponseWriter, r *http.Request) {
		n := loads.Add(1)
		time.Sleep(time.Second)
		w.Header().Set("X-Load", strconv.FormatInt(n, 10))
		for _, pair := range [][2]string{{name1, value1}, {name2, value2}} {
			if pair[0] != "" && !strings.EqualFold(pair[0], "X-Load") {
				w.Header()[pair[0]] = append(w.Header()[pair[0]], pair[1])
			}
		}
		private.Store(isPrivate(status, w.Header()))
		w.WriteHeader(status)
	})
	h := httpflight.New(o, httpflight.Config{Reuse: 5 * time.Second, Stale: 5 * time.Second, StaleIfError: 9 * time.Second})
	var clients []*client
	for range 5 {
		clients = append(clients, newClient("GET", "http://a.example/"))
	}
	if ask != "" {
		clients[1].r.Header[textproto.CanonicalMIMEHeaderKey(ask)] = []string{asked}
	}
	var all sync.WaitGroup
	for _, c := range clients[:3] {
		all.Go(func() { c.do(h) })
	}
	all.Wait()
	clients[3].do(h)
	time.Sleep(7 * time.Second) // beyond Reuse, within Stale
	clients[4].do(h)
	by := map[string]int{}
	for i, c := range clients {
		load := c.sent.Get("X-Load")
		if c.status >= 500 && load == "" {
			continue // refused
		}
		by[load]++
		if load == "" || private.Load() && by[load] > 1 {
			t.Errorf("client %d got the answer of load %q, which is private: %d %v", i, load, c.status, c.sent)
		}
	}
	if own := by[clients[1].sent.Get("X-Load")]; own > 1 && mustRunAlone(ask, clients[1].sent, asked) {
		t.Errorf("the answer to %s: %q went to %d clients: %v", ask, asked, own, clients[1].sent)
	}
	time.Sleep(20 * time.Second)
	if err := h.Close(); err != nil {
		t.Error(err)
	}
	wantNothingHeld(t, h)
}

// mustRunAlone reports whether a request with such a header must not share an
// answer with one that has none.
func mustRunAlone(ask string, answer http.Header, asked string) bool {
	ask = textproto.CanonicalMIMEHeaderKey(ask)
	if ask == "Authorization" || ask == "Cookie" || ask == "X-Forwarded-Host" {
		return true
	}
	if ask == "" || ask == "Accept-Encoding" {
		return false
	}
	for element := range strings.SplitSeq(strings.Join(answer.Values("Vary"), ","), ",") {
		if textproto.CanonicalMIMEHeaderKey(strings.TrimSpace(element)) == ask {
			return true
		}
	}
	return false
}
