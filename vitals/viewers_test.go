package vitals

import (
	"encoding/json"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/govitals/govitals/internal/proc"
)

// Neither goroutine nor descriptor is left of viewers that poll, of those that leave
// in the middle, and of those that never read.
func TestViewersLeaveNothing(t *testing.T) {
	_, url := serve(t, Config{})
	tag := ""
	view := func(i int) {
		client := &http.Client{Transport: &http.Transport{}, Timeout: 20 * time.Second}
		defer client.CloseIdleConnections()
		format := "live"
		if i < 20 { // more of these have to wait, that is the pace of the gate
			format = []string{"html", "live", "json"}[i%3]
		}
		request, err := http.NewRequest(http.MethodGet, url+"/debug/vitals?format="+format, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("If-None-Match", tag)
		response, err := client.Do(request)
		if err != nil {
			return // it was cut off, which it may
		}
		if now := response.Header.Get("ETag"); now != "" {
			tag = now
		}
		defer response.Body.Close()
		if i%4 == 0 {
			_, _ = io.CopyN(io.Discard, response.Body, 100)
			return
		}
		_, _ = io.Copy(io.Discard, response.Body)
	}
	view(0)
	settle := func() (goroutines, fds int) {
		for range 100 {
			goroutines, fds = runtime.NumGoroutine(), descriptors(t)
			time.Sleep(20 * time.Millisecond)
			if goroutines == runtime.NumGoroutine() && fds == descriptors(t) {
				break
			}
		}
		return goroutines, fds
	}
	goroutines, fds := settle()
	for i := range 200 {
		view(i)
	}
	eventually(t, "200 viewers leave neither goroutine nor descriptor", func() bool {
		g, d := settle()
		return g <= goroutines && d <= fds
	})
}

// descriptors are those of this process, 0 where the system does not say.
func descriptors(t *testing.T) int {
	t.Helper()
	n, err := proc.Descriptors()
	if err != nil {
		return 0
	}
	return n
}

func TestHistoryInJSONIsAskedFor(t *testing.T) {
	v, url := serve(t, Config{})
	hasPoints := func(p Panel) bool { return len(p.Lines) > 0 && len(p.Lines[0].Points) > 0 }
	eventually(t, "there is a history", func() bool {
		return slices.ContainsFunc(v.sight(time.Now().Add(-10*time.Minute)).panels(), hasPoints)
	})
	for query, points := range map[string]bool{"": false, "&history=1": true, "&since=10m": true, "&since=" + time.Now().Add(-time.Hour).UTC().Format(time.RFC3339): true} {
		response, body := get(t, url+"/debug/vitals?format=json"+query)
		var report Report
		if err := json.Unmarshal([]byte(body), &report); err != nil || response.StatusCode != 200 {
			t.Fatalf("%s: %s, %v", query, response.Status, err)
		}
		if got := slices.ContainsFunc(report.Panels, hasPoints); got != points || len(report.Panels) != 8 {
			t.Errorf("%q: %d panels, points %v, want %v", query, len(report.Panels), got, points)
		}
	}
	for _, query := range []string{"format=json&since=soon", "format=json&since=-3m", "range=9y"} {
		if response, body := get(t, url+"/debug/vitals?"+query); response.StatusCode != 400 || !strings.Contains(body, "use") {
			t.Errorf("%s: %s %q, want 400 and what to use", query, response.Status, body)
		}
	}
}

func TestAPollOfTheSameStateIsNotDrawnAgain(t *testing.T) {
	_, url := serve(t, Config{})
	for range 20 { // a step of the history may come between the two
		response, _ := get(t, url+"/debug/vitals?format=live")
		tag := response.Header.Get("ETag")
		if again, _ := get(t, url+"/debug/vitals?format=live", "If-None-Match", tag); tag != "" && again.StatusCode == http.StatusNotModified {
			return
		}
	}
	t.Error("a poll is never answered with 304")
}
