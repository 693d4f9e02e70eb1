package gate_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/govitals/govitals/internal/gate"
)

func TestPageThatFails(t *testing.T) {
	for _, c := range []struct {
		name   string
		render func(context.Context, io.Writer) error
		status int
		words  string
	}{
		{"error", func(_ context.Context, w io.Writer) error {
			fmt.Fprint(w, "half a page")
			return errors.New("no heap profile: MemProfileRate is 0")
		}, 500, "MemProfileRate is 0"},
		{"Goexit", func(context.Context, io.Writer) error { runtime.Goexit(); return nil }, 500, "runtime.Goexit"},
		{"endless words", func(context.Context, io.Writer) error { return errors.New(strings.Repeat("é", 1<<20)) }, 500, "éé"},
		{"nil Render", nil, 500, "Page.Render is nil"},
	} {
		h := pages(newGate(t, gate.Config{}), func(string) gate.Page {
			return gate.Page{Key: "text", ContentType: "application/octet-stream", Filename: "heap.pb.gz", Render: c.render}
		})
		w := answer(h, pageRequest(t, "GET", "text"))
		body := w.Body.String()
		if w.Code != c.status || !strings.Contains(body, c.words) || strings.Contains(body, "half a page") || len(body) > 5000 {
			t.Errorf("%s: got %d %.200s", c.name, w.Code, body)
		}
		for name, want := range map[string]string{"X-Go-Pprof": "1", "Content-Type": "text/plain; charset=utf-8", "Content-Disposition": ""} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: %s is %q", c.name, name, got)
			}
		}
		wantSecurityHeaders(t, c.name, w.Header())
	}
}

func TestPanicWhileRenderingIsAnAnswerAndALogEntry(t *testing.T) {
	h := pages(newGate(t, gate.Config{}), func(string) gate.Page {
		return gate.Page{Key: "text", ContentType: "text/plain", Render: func(context.Context, io.Writer) error { panic("broken page") }}
	})
	var logged bytes.Buffer
	server := httptest.NewUnstartedServer(h)
	server.Config.ErrorLog = log.New(&logged, "", 0)
	server.Start()
	response, body := ask(t, parse(t, server.URL), nil)
	if response.StatusCode != 500 || !strings.Contains(body, "broken page") || strings.Contains(body, "goroutine") {
		t.Errorf("got %s: %s", response.Status, body)
	}
	response, _ = ask(t, parse(t, server.URL), nil)
	if response.StatusCode != 500 {
		t.Errorf("the second time: got %s", response.Status)
	}
	server.Close()
	if !strings.Contains(logged.String(), "broken page") || !strings.Contains(logged.String(), "page_fault_test.go") {
		t.Errorf("the server's log has no stack of the panic: %s", logged.String())
	}
}

func TestPageWithoutAFieldSaysWhich(t *testing.T) {
	render := func(context.Context, io.Writer) error { return nil }
	one, wait := func() string { return "1" }, func(context.Context) error { return nil }
	for field, page := range map[string]gate.Page{
		"Page.Key":           {ContentType: "text/plain", Render: render},
		"Page.ContentType":   {Key: "text", Render: render},
		"and Page.Exclusive": {Key: "text", ContentType: "text/plain", Render: render, Validator: one, Exclusive: true},
		"and Page.Prepare":   {Key: "text", ContentType: "text/plain", Render: render, Validator: one, Prepare: wait},
		"Page.Validator":     {Key: "text", ContentType: "text/plain", Render: render, Validator: func() string { return "a b" }},
		`"\r\n"`:             {Key: "text", ContentType: "text/plain", Render: render, Validator: func() string { return "\r\n" }},
		"128":                {Key: "text", ContentType: "text/plain", Render: render, Validator: func() string { return strings.Repeat("x", 129) }},
	} {
		h := pages(newGate(t, gate.Config{}), func(string) gate.Page { return page })
		if w := answer(h, pageRequest(t, "GET", "text")); w.Code != 500 || !strings.Contains(w.Body.String(), field) {
			t.Errorf("%s: got %d %s", field, w.Code, w.Body)
		}
	}
}

func TestServeWithoutProtectShowsNothing(t *testing.T) {
	g := newGate(t, gate.Config{})
	var renders atomic.Int64
	show := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { g.Serve(w, r, textPage("text", 0, &renders)) })
	var none *gate.Gate
	none.Serve(httptest.NewRecorder(), request("GET", local), gate.Page{})
	if w := answer(show, request("GET", local)); w.Code != 404 || renders.Load() != 0 {
		t.Errorf("without Protect: got %d", w.Code)
	}
}

func TestPageThatDoesNotExistIsNotFound(t *testing.T) {
	g := newGate(t, gate.Config{})
	h := pages(g, func(key string) gate.Page {
		return gate.Page{Key: key, ContentType: "text/plain", Filename: "x", Render: func(context.Context, io.Writer) error {
			return fmt.Errorf("no capture 7: %w", fs.ErrNotExist)
		}}
	})
	w := answer(h, pageRequest(t, "GET", "text"))
	if w.Code != 404 || w.Body.String() != "no capture 7: file does not exist\n" || w.Header().Get("X-Go-Pprof") == "" {
		t.Errorf("got %d %v %s", w.Code, w.Header(), w.Body)
	}
}
