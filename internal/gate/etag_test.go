package gate_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/internal/gate"
)

// source is what a page shows: a number, which is also its validator.
type source struct {
	now     atomic.Int64
	renders atomic.Int64
}

func (s *source) validator() string { return fmt.Sprintf("boot-%d", s.now.Load()) }

func (s *source) handler(g *gate.Gate, reuse time.Duration) http.Handler {
	return pages(g, func(key string) gate.Page {
		return gate.Page{Key: key, ContentType: "text/plain", Reuse: reuse, Validator: s.validator, Render: func(_ context.Context, w io.Writer) error {
			s.renders.Add(1)
			_, err := fmt.Fprintf(w, "number %d", s.now.Load())
			return err
		}}
	})
}

func conditional(t *testing.T, h http.Handler, method string, ifNoneMatch ...string) *httptest.ResponseRecorder {
	r := pageRequest(t, method, "text")
	for _, value := range ifNoneMatch {
		r.Header.Add("If-None-Match", value)
	}
	return answer(h, r)
}

func TestClientThatHasThePageGetsNoBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s source
		g := newGate(t, gate.Config{})
		h := s.handler(g, -1)
		tag := conditional(t, h, "GET").Header().Get("Etag")
		if tag != `W/"boot-0"` {
			t.Fatalf("ETag is %s", tag)
		}
		for _, c := range []struct {
			method string
			header []string
			has    bool
		}{
			{"GET", []string{tag}, true},
			{"HEAD", []string{tag}, true},
			{"GET", []string{`"boot-0"`}, true},
			{"GET", []string{"*"}, true},
			{"GET", []string{` "a" , W/"b",,` + tag + ` , "c"`}, true},
			{"GET", []string{`"a"`, tag}, true},
			{"GET", []string{`"a", "b"`}, false},
			{"GET", []string{`"boot-00"`}, false},
			{"GET", []string{`w/"boot-0"`}, false},
			{"GET", []string{"boot-0"}, false},
			{"GET", []string{`"boot-0`}, false},
			{"GET", []string{`boot, ` + tag}, false},
			{"GET", []string{""}, false},
			{"GET", nil, false},
		} {
			synctest.Wait() // a rendering that is about to end would be shared
			before := s.renders.Load()
			w := conditional(t, h, c.method, c.header...)
			if has := w.Code == 304; has != c.has || has == (s.renders.Load() > before) {
				t.Errorf("%s with %q: got %d after %d renderings", c.method, c.header, w.Code, s.renders.Load()-before)
			}
			if w.Code == 304 && (w.Body.Len() > 0 || w.Header().Get("Content-Type") != "" || w.Header().Get("Content-Length") != "") {
				t.Errorf("%s with %q: 304 with %v %q", c.method, c.header, w.Header(), w.Body)
			}
			if w.Header().Get("Etag") != tag || w.Header().Get("Cache-Control") != "private, no-cache" {
				t.Errorf("%s with %q: headers %v", c.method, c.header, w.Header())
			}
		}
		synctest.Wait()
		s.now.Add(1)
		if w := conditional(t, h, "GET", tag); w.Code != 200 || w.Body.String() != "number 1" || w.Header().Get("Etag") != `W/"boot-1"` {
			t.Errorf("after a change: got %d %s %v", w.Code, w.Body, w.Header())
		}
		wantNothingInUse(t, g)
	})
}

// Who has the page needs no place in the line.
func TestClientThatHasThePageDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s source
		g := newGate(t, gate.Config{})
		var renders atomic.Int64
		slow := pages(g, func(key string) gate.Page { return textPage(key, time.Hour, &renders) })
		var wait sync.WaitGroup
		for i := range 5 {
			wait.Go(func() { answer(slow, pageRequest(t, "GET", fmt.Sprint(i))) })
		}
		synctest.Wait()
		h, begin := s.handler(g, 0), time.Now()
		if w := conditional(t, h, "GET", `W/"boot-0"`); w.Code != 304 || time.Since(begin) != 0 {
			t.Errorf("got %d after %v while the line is full", w.Code, time.Since(begin))
		}
		if w := conditional(t, h, "GET", `W/"boot-1"`); w.Code != 429 || w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Etag") != "" {
			t.Errorf("who does not have it got %d %v, want 429", w.Code, w.Header())
		}
		wait.Wait()
	})
}

// However often the source changes, there is one rendering per second; its
// bytes keep the tag that they have.
func TestBytesThatAreReusedKeepTheirTag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s source
		h := s.handler(newGate(t, gate.Config{}), 0)
		for range 10 {
			if w := conditional(t, h, "GET"); w.Body.String() != "number 0" || w.Header().Get("Etag") != `W/"boot-0"` {
				t.Errorf("got %s with the tag %s", w.Body, w.Header().Get("Etag"))
			}
			s.now.Add(1)
		}
		if w := conditional(t, h, "GET", `W/"boot-0"`); w.Code != 304 || w.Header().Get("Etag") != `W/"boot-0"` {
			t.Errorf("who has the bytes that would be sent: got %d %v", w.Code, w.Header())
		}
		time.Sleep(time.Second)
		if w := conditional(t, h, "GET", `W/"boot-0"`); w.Code != 200 || w.Body.String() != "number 10" || w.Header().Get("Etag") != `W/"boot-10"` || s.renders.Load() != 2 {
			t.Errorf("a second later: got %d %s %v after %d renderings", w.Code, w.Body, w.Header(), s.renders.Load())
		}
	})
}

func TestPageThatChangesWhileItIsRenderedHasNoTag(t *testing.T) {
	for name, size := range map[string]int{"small": 10, "streamed": 100 << 10} {
		var s source
		h := pages(newGate(t, gate.Config{}), func(key string) gate.Page {
			return gate.Page{Key: key, ContentType: "text/plain", Validator: s.validator, Render: func(_ context.Context, w io.Writer) error {
				w.Write([]byte("begin"))
				s.now.Add(1)
				_, err := w.Write(make([]byte, size))
				return err
			}}
		})
		w := conditional(t, h, "GET")
		if w.Code != 200 || w.Header().Get("Etag") != "" || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: got %d %v", name, w.Code, w.Header())
		}
	}
}

func TestTagOfAStreamedPageIsKnownAtItsBeginning(t *testing.T) {
	var s source
	h := pages(newGate(t, gate.Config{}), func(key string) gate.Page {
		return gate.Page{Key: key, ContentType: "text/plain", Validator: s.validator, Render: func(_ context.Context, w io.Writer) error {
			w.Write(make([]byte, 100<<10)) // what it shows was read before
			s.now.Add(1)
			_, err := w.Write(make([]byte, 100<<10))
			return err
		}}
	})
	if w := conditional(t, h, "GET"); w.Code != 200 || w.Header().Get("Etag") != `W/"boot-0"` || w.Body.Len() != 200<<10 {
		t.Errorf("got %d %v and %d bytes", w.Code, w.Header(), w.Body.Len())
	}
}

func TestPageWithoutAValidatorIsNotStored(t *testing.T) {
	none := func() string { return "" }
	for name, validator := range map[string]func() string{"nil": nil, "unknown": none} {
		h := pages(newGate(t, gate.Config{}), func(key string) gate.Page {
			return gate.Page{Key: key, ContentType: "text/plain", Validator: validator, Render: func(context.Context, io.Writer) error { return nil }}
		})
		for _, condition := range []string{"", "*", `""`, `W/""`} {
			if w := conditional(t, h, "GET", condition); w.Code != 200 || w.Header().Get("Etag") != "" || w.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("%s, If-None-Match %s: got %d %v", name, condition, w.Code, w.Header())
			}
		}
	}
}

func TestFailedPageHasNoTag(t *testing.T) {
	var s source
	h := pages(newGate(t, gate.Config{}), func(key string) gate.Page {
		return gate.Page{Key: key, ContentType: "text/plain", Validator: s.validator, Render: func(context.Context, io.Writer) error { return io.ErrClosedPipe }}
	})
	if w := conditional(t, h, "GET"); w.Code != 500 || w.Header().Get("Etag") != "" || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("got %d %v", w.Code, w.Header())
	}
}

// FuzzIfNoneMatch compares the gate with http.ServeContent.
func FuzzIfNoneMatch(f *testing.F) {
	for _, header := range []string{
		"", "*", `"x"`, `W/"x"`, `"a", "x"`, `"a",W/"x"`, `"a""x"`, `W/W/"x"`, `"a" x "x"`, `,,"x"`, "\t\"x\"", `"x`, `x"`, `"`, `""`, `W/`,
		`"a` + "\x00" + `","x"`, `"é","x"`, "\"\xff\",\"x\"", `"a b","x"`, `"a,x"`, `* , "a"`, `"a", *`, "\v\"x\"", "\u00a0\"x\"", strings.Repeat(",", 1000),
	} {
		f.Add(header, "x")
	}
	f.Add(`W/"cycle-7"`, "cycle-7")
	f.Fuzz(func(t *testing.T, header, validator string) {
		h := pages(newGate(t, gate.Config{}), func(string) gate.Page {
			return gate.Page{Key: validator, ContentType: "text/plain", Reuse: -1, Validator: func() string { return validator },
				Render: func(context.Context, io.Writer) error { return nil }}
		})
		got := conditional(t, h, "GET", header)
		if got.Code == 500 || validator == "" {
			return // not a tag
		}
		w, r := httptest.NewRecorder(), pageRequest(t, "GET", "text")
		w.Header().Set("Etag", `W/"`+validator+`"`)
		r.Header.Set("If-None-Match", header)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(nil))
		if got.Code != w.Code {
			t.Errorf("If-None-Match %q for %q: got %d, http.ServeContent %d", header, validator, got.Code, w.Code)
		}
	})
}
