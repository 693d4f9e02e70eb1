package heap

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/internal/ringdir"
)

// momentsOf reads from the report in JSON what a difference can count from.
func momentsOf(t *testing.T, h http.Handler) (moments []moment) {
	t.Helper()
	var report struct{ Moments []moment }
	if err := json.Unmarshal(get(t, h, "?format=json").Body.Bytes(), &report); err != nil {
		t.Fatal(err)
	}
	return report.Moments
}

func TestSinceAReadingOfTheHistory(t *testing.T) {
	h := Handler(HandlerConfig{})
	first := retain(48)
	collect()
	moments := momentsOf(t, h)
	id := moments[len(moments)-1].ID
	var s Stats
	if Read(&s); len(moments) < 2 || moments[0].ID != "baseline" || id != fmt.Sprintf("c%d", s.Cycles) {
		t.Fatalf("after cycle %d there are %v", s.Cycles, moments)
	}
	second := retainAfter(32)
	collect()
	w := get(t, h, "?since="+id)
	if top := openProfile(t, w.Body.Bytes()); !strings.Contains(top, "heap.retainAfter") || strings.Contains(top, "heap.retain\n") {
		t.Errorf("since %s:\n%s", id, top)
	}
	if ids := w.Header().Get("X-Govitals-Since"); !strings.HasPrefix(ids, "baseline, c") || !strings.Contains(ids, id) {
		t.Errorf("the header lists %q, not %s", ids, id)
	}
	for _, form := range []string{"text", "html"} {
		if body := get(t, h, "?format="+form).Body.String(); !strings.Contains(body, "since="+id) {
			t.Errorf("format=%s does not name %s:\n%s", form, id, body)
		}
	}
	runtime.KeepAlive(first)
	runtime.KeepAlive(second)
}

// The reading that the baseline is from has its stacks and allocations as well.
func TestIDOfTheBaselineIsTheBaseline(t *testing.T) {
	runtime.GC()
	var s Stats
	Read(&s)
	h := Handler(HandlerConfig{})
	kept := retain(32)
	collect()
	top := openProfile(t, get(t, h, fmt.Sprintf("?since=c%d", s.Cycles)).Body.Bytes())
	if !strings.Contains(top, "heap.retain\n") {
		t.Errorf("since the cycle of the baseline:\n%s", top)
	}
	runtime.KeepAlive(kept)
}

func TestWhatIsNotKeptIsNotFound(t *testing.T) {
	h := Handler(HandlerConfig{})
	for since, words := range map[string]string{
		"c999999999":                                  "no reading c999999999 is kept",
		"c18446744073709551615":                       "no reading c18446744073709551615",
		"2001-01-01T00:00:00Z":                        "from before 2001-01-01",
		"20261121T090000.000Z-verdict-leak-p1-abcdef": "-base 'http://HOST/debug/heap?capture=20261121T090000.000Z-verdict-leak-p1-abcdef'",
	} {
		w := get(t, h, "?since="+since)
		if w.Code != http.StatusNotFound || w.Header().Get("X-Go-Pprof") == "" {
			t.Errorf("since=%s gives %d %v", since, w.Code, w.Header())
		}
		if body := w.Body.String(); !strings.Contains(body, words) || !strings.Contains(body, "there are baseline (20") {
			t.Errorf("since=%s does not say %q and what there is: %s", since, words, body)
		}
	}
	if w := get(t, Handler(HandlerConfig{Sites: NewSites()}), "?since=baseline"); w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "no baseline yet") {
		t.Errorf("without a baseline: %d %s", w.Code, w.Body)
	}
}

// Clients send the ETag back, which bounds it: names may be too long for it.
func TestWhatIsNotKeptIsNotFoundOnceTheCycleIsSettled(t *testing.T) {
	long := "20261121T090000.000Z-last_words-" + strings.Repeat("r", 40) + "-p1234567890-0123456789abcdef"
	if !ringdir.IsID(long) {
		t.Fatalf("%s is not an ID", long)
	}
	synctest.Test(t, func(t *testing.T) {
		h := Handler(HandlerConfig{})
		for since, want := range map[string]int{
			long: http.StatusNotFound, "c18446744073709551615": http.StatusNotFound,
			"c" + strings.Repeat("0", 100) + "1": http.StatusBadRequest,
		} {
			get(t, h, "?since="+since)
			time.Sleep(2 * settled)
			if w := get(t, h, "?since="+since); w.Code != want {
				t.Errorf("since=%s gives %d, want %d: %s", since, w.Code, want, w.Body)
			}
		}
	})
}

func TestAnotherBaselineIsAnotherPage(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // collect only when told to
	runtime.GC()                                     // what tests before have kept is gone in the second one
	runtime.GC()
	sites := NewSites()
	if err := sites.Baseline(); err != nil {
		t.Fatal(err)
	}
	kept := retain(64)
	collect()
	h := Handler(HandlerConfig{Sites: sites})
	synctest.Test(t, func(t *testing.T) {
		ask := func() (lines, tag string) {
			get(t, h, "?since=baseline&format=folded")
			time.Sleep(2 * settled)
			w := get(t, h, "?since=baseline&format=folded")
			return w.Body.String(), w.Header().Get("Etag")
		}
		lines, tag := ask()
		if !strings.Contains(lines, "heap.retain ") || tag == "" {
			t.Fatalf("tag %q, lines:\n%s", tag, lines)
		}
		if err := sites.Baseline(); err != nil {
			t.Fatal(err)
		}
		if lines, same := ask(); strings.Contains(lines, "heap.retain ") || same == tag {
			t.Errorf("since another baseline: tag %q as before, lines:\n%s", same, lines)
		}
	})
	runtime.KeepAlive(kept)
}

// Replayed readings are of no cycle, so that only their time names them.
func TestReplayedReadingsHaveNoID(t *testing.T) {
	s := NewSites()
	s.StepAt(time.Unix(0, 0), nil)
	s.StepAt(time.Unix(60, 0), nil)
	if moments := s.moments(); len(moments) != 0 || len(s.Kept()) != 2 {
		t.Errorf("%v for %v", moments, s.Kept())
	}
}

// What the 404 says about captures works.
func TestDifferenceToACapture(t *testing.T) {
	recorder := captured(t)
	id := recorder.Captures()[0].ID
	kept := retain(48)
	collect()
	server := httptest.NewServer(Handler(HandlerConfig{Recorder: recorder}))
	defer server.Close()
	if !ringdir.IsID(id) {
		t.Fatalf("%s is not an ID", id)
	}
	out, err := exec.Command("go", "tool", "pprof", "-top", "-base", server.URL+"/?capture="+id, server.URL).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "heap.retain\n") {
		t.Errorf("%v\n%s", err, out)
	}
	runtime.KeepAlive(kept)
}
