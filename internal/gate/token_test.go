package gate_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/internal/gate"
)

const goodToken = "0123456789abcdef"

func basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

func TestWrongConfigNamesTheFieldAndNeverTheToken(t *testing.T) {
	everyone := func(*http.Request) error { return nil }
	for _, c := range []struct {
		config gate.Config
		want   string
	}{
		{gate.Config{Token: "hunter2"}, "Config.Token has 7 bytes: use at least 16"},
		{gate.Config{Token: "hunter2hunter2hunter2\n"}, "byte 21: remove it"},
		{gate.Config{Token: "hunter2 hunter2 hunter2"}, "Config.Token has a space"},
		{gate.Config{Token: "hunter2hunter2hunter2é"}, "Config.Token has a space or a character"},
		{gate.Config{Token: goodToken, Authorize: everyone}, "Config.Token and Config.Authorize"},
	} {
		g, err := gate.New(c.config)
		if g != nil || err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("got %v, want an error with %q and without the token", err, c.want)
		}
	}
}

func TestToken(t *testing.T) {
	var authorized bool
	h := newGate(t, gate.Config{Token: goodToken}).Protect("heap", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		authorized = gate.Authorized(r)
	}))
	for _, c := range []struct {
		name, query, authorization string
		want                       int
	}{
		{"Bearer", "", "Bearer " + goodToken, 200},
		{"bearer in lower case", "", "bearer  " + goodToken, 200},
		{"Basic, as go tool pprof sends it", "", basic("x", goodToken), 200},
		{"Basic without a user", "", basic("", goodToken), 200},
		{"nothing", "", "", 401},
		{"wrong", "", "Bearer 0123456789abcdeg", 401},
		{"too short", "", "Bearer 0123456789abcde", 401},
		{"empty", "", "Bearer ", 401},
		{"as user", "", basic(goodToken, ""), 401},
		{"bare", "", goodToken, 401},
		{"another scheme", "", "Digest " + goodToken, 401},
		{"in the query", "?token=" + goodToken + "&debugkey=" + goodToken, "", 401},
	} {
		r := request("GET", stranger)
		r.Host = "shop.example"
		r.URL = parse(t, "/debug/heap"+c.query)
		if c.authorization != "" {
			r.Header.Set("Authorization", c.authorization)
		}
		authorized = false
		w := answer(h, r)
		if w.Code != c.want || authorized != (c.want == 200) {
			t.Errorf("%s: got %d, authorized %v", c.name, w.Code, authorized)
		}
		challenge := strings.HasPrefix(w.Header().Get("WWW-Authenticate"), "Basic realm=")
		if challenge != (c.want == 401) || strings.Contains(w.Body.String(), goodToken) {
			t.Errorf("%s: got %v %s", c.name, w.Header(), w.Body)
		}
	}
}

func TestTokenIsNotEnoughForAnotherSite(t *testing.T) {
	h := newGate(t, gate.Config{Token: goodToken}).Protect("heap", http.HandlerFunc(showSecret))
	for _, pair := range [][2]string{
		{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.test"},
	} {
		r := request("GET", local)
		header("Authorization", basic("x", goodToken), pair[0], pair[1])(r)
		if w := answer(h, r); w.Code != 403 || !strings.Contains(w.Body.String(), pair[0]) {
			t.Errorf("%v: got %d %s", pair, w.Code, w.Body)
		}
	}
}

func guess(h http.Handler, value string) (status int, after time.Duration) {
	r := request("GET", stranger)
	r.Header.Set("Authorization", "Bearer "+value)
	begin := time.Now()
	return answer(h, r).Code, time.Since(begin)
}

func TestGuessingIsSlowedDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newGate(t, gate.Config{Token: goodToken}).Protect("heap", http.HandlerFunc(showSecret))
		for i := range 25 { // no token is not a wrong token
			if w := answer(h, request("GET", stranger)); w.Code != 401 {
				t.Fatalf("request %d without a token: got %d", i, w.Code)
			}
		}
		for i := range 10 {
			if status, after := guess(h, "wrong"); status != 401 || after != 0 {
				t.Errorf("guess %d: got %d after %v", i, status, after)
			}
		}
		if status, after := guess(h, "wrong"); status != 401 || after != time.Second {
			t.Errorf("guess 11: got %d after %v", status, after)
		}
		if status, after := guess(h, goodToken); status != 200 || after != 0 {
			t.Errorf("the right token: got %d after %v", status, after)
		}
		time.Sleep(time.Minute)
		if status, after := guess(h, "wrong"); status != 401 || after != 0 {
			t.Errorf("a minute later: got %d after %v", status, after)
		}
	})
}

func TestFewGuessesAreDelayedAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newGate(t, gate.Config{Token: goodToken}).Protect("heap", http.HandlerFunc(showSecret))
		for range 10 {
			guess(h, "wrong")
		}
		var mu sync.Mutex
		got := map[int]int{}
		var wait sync.WaitGroup
		for range 20 {
			wait.Go(func() {
				status, _ := guess(h, "wrong")
				mu.Lock()
				defer mu.Unlock()
				got[status]++
			})
		}
		wait.Wait()
		if got[401] != 4 || got[429] != 16 {
			t.Errorf("20 guesses at once: got %v, want four 401 and sixteen 429", got)
		}
	})
}

func TestGuesserWhoLeavesIsNotHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newGate(t, gate.Config{Token: goodToken}).Protect("heap", http.HandlerFunc(showSecret))
		for range 10 {
			guess(h, "wrong")
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		r := request("GET", stranger).WithContext(ctx)
		r.Header.Set("Authorization", "Bearer wrong")
		begin := time.Now()
		answer(h, r)
		if waited := time.Since(begin); waited != time.Millisecond {
			t.Errorf("held for %v", waited)
		}
	})
}
