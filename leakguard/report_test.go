package leakguard

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/govitals/govitals/internal/stacks"
)

// TestReportText is what people read, word by word.
func TestReportText(t *testing.T) {
	dump := `goroutine 7 [select, 5 minutes]:
runtime.gopark(0x1)
	/go/src/runtime/proc.go:1 +0x1
main.(*pool).work(0xc000)
	/app/pool.go:31 +0x2
main.(*pool).run(...)
	/app/pool.go:20
created by main.newPool in goroutine 1
	/app/pool.go:12 +0x3

goroutine 9 [select]:
main.(*pool).work(0xc001)
	/app/pool.go:31 +0x2
main.(*pool).run(...)
	/app/pool.go:20
created by main.newPool in goroutine 1
	/app/pool.go:12 +0x3

goroutine 8 [chan send (nil chan)]:
net/http.(*persistConn).writeLoop(0xc000)
	/go/src/net/http/transport.go:9 +0x1
created by net/http.(*Transport).dialConn in goroutine 5
	/go/src/net/http/transport.go:8 +0x3
`
	p := newPiles()
	for g := range stacks.All(dump) {
		p.add(g, true)
	}
	r := Report{Scope: ProcessScope, Leaks: p.leaks(), Waited: 50 * time.Millisecond, Notes: []string{"one more thing"}}
	const want = `leakguard: 3 goroutines are left behind (scope: process; waited 50ms)

2 goroutines [select, 5 minutes] main.(*pool).run → main.(*pool).work
    created by main.newPool at /app/pool.go:12
        main.(*pool).work at /app/pool.go:31
        main.(*pool).run at /app/pool.go:20
    to let them pass: leakguard.IgnoreCreator("main.newPool", 2)

1 goroutine [chan send (nil chan), for ever] net/http.(*persistConn).writeLoop
    created by net/http.(*Transport).dialConn at /go/src/net/http/transport.go:8
        net/http.(*persistConn).writeLoop at /go/src/net/http/transport.go:9
    this is an idle connection of an HTTP client: call CloseIdleConnections on the client (http.DefaultClient too), and read and close response bodies
    to let it pass: leakguard.IgnoreCreator("net/http.(*Transport).dialConn", 1)

note: one more thing
`
	if got := r.String(); got != want {
		t.Errorf("want:\n%s\ngot:\n%s", want, got)
	}
	if l := r.Leaks[0]; fmt.Sprint(l.IDs, l.Count, l.Minutes, l.Proven, r.Leaks[1].Proven) != "[7 9] 2 5 false true" {
		t.Errorf("got %+v", l)
	}
}

func TestReportOrderDoesNotChange(t *testing.T) {
	var blocks []string
	for i := range 40 {
		blocks = append(blocks, fmt.Sprintf("goroutine %d [select]:\nmain.f%d(0x1)\n\t/a.go:%d +0x1\ncreated by main.g in goroutine 1\n\t/a.go:%d +0x1\n", i+5, i%20, i, i%10))
	}
	text := func(order []string) string {
		p := newPiles()
		for g := range stacks.All(strings.Join(order, "\n")) {
			p.add(g, true)
		}
		return Report{Leaks: p.leaks()}.String()
	}
	want := text(blocks)
	for range 5 {
		blocks = append(blocks[7:], blocks[:7]...)
		if got := text(blocks); got != want {
			t.Fatalf("the order of the dump shows:\n%s\nwas:\n%s", got, want)
		}
	}
}

func TestReportIsBounded(t *testing.T) {
	r := Report{}
	for i := range 10_000 {
		r.Leaks = append(r.Leaks, Leak{Site: fmt.Sprint("main.f", i), Count: 2})
	}
	if text := r.String(); len(text) > 10_000 || !strings.Contains(text, "and 19,940 goroutines at 9,970 further places") &&
		!strings.Contains(text, "and 19940 goroutines at 9970 further places") {
		t.Errorf("want a short text that says what is left out, got %d bytes ending with %q", len(text), text[max(0, len(text)-200):])
	}
}

// TestRemedyForKeepAlive: the commonest leak of all.
func TestRemedyForKeepAlive(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	w := within(t, func(w *watched) {
		Check(w, Patience(20*time.Millisecond))
		fetch(t, client, server.URL)
	})
	for _, want := range []string{"CloseIdleConnections", "net/http.(*persistConn).readLoop", `IgnoreCreator("net/http.(*Transport).`} {
		if !strings.Contains(w.text(), want) {
			t.Errorf("want %q in %s", want, w.text())
		}
	}
}

// TestWithoutALook: a check that cannot look fails.
func TestWithoutALook(t *testing.T) {
	blind := errors.New("too dark")
	for _, scope := range []Scope{ProcessScope, BubbleScope} {
		s := &search{settings: newSettings(nil), scope: scope, dump: func() (*dump, error) { return nil, blind }}
		if r := s.run(); !errors.Is(r.Err, blind) || !strings.Contains(r.String(), "could not look at the goroutines: too dark") {
			t.Errorf("%v: want the error, got %v", scope, r)
		}
	}
	w := within(t, func(w *watched) {
		c := &check{t: w, help: w.Helper, settings: newSettings(nil), since: &Moment{err: blind}}
		c.end()
	})
	if len(w.errors) != 1 || !strings.Contains(w.errors[0], "too dark") {
		t.Errorf("want a failure that says why, got %q", w.errors)
	}
	if r := find(newSettings([]Option{Since(&Moment{err: blind})})); r.Err == nil {
		t.Error("want an error")
	}
}
