package stacks

import (
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

// Texts as several versions and settings of Go print them.
const (
	plain = `goroutine 1 [running]:
main.main()
	/tmp/gl/main.go:24 +0x436

goroutine 21 [chan receive, 12 minutes]:
main.(*T).serve(...)
	/tmp/gl/main.go:4
created by main.main in goroutine 1
	/tmp/gl/main.go:10 +0xa8
`
	marks = `goroutine 23 [chan receive (nil chan) (leaked) (scan), 3 minutes, locked to thread, synctest bubble 4 labels:{"us\"er]:": "al\nice}]:", "b": "c"}]:
main.main.func1.1({0x1, 0x2, ...}, 0x5?)
	/tmp/gl/main.go:12 +0x19
created by main.main.func1 in goroutine 1
	/tmp/gl/main.go:12 +0x56
`
	before121 = `goroutine 33 [select (no cases)]:
net/http.(*conn).serve(0xc0000a0000, {0x7a1b40, 0xc000090000})
	/usr/lib/go-1.16/src/net/http/server.go:1825 +0x5f
...additional frames elided...
created by net/http.(*Server).Serve
	/usr/lib/go-1.16/src/net/http/server.go:2969 +0x36c
`
	crash = `panic: oops

goroutine 7 gp=0xc000006fc0 m=0 mp=0x5f5e60 [IO wait]:
runtime.gopark(0x0?, 0x0?, 0x0?, 0x0?, 0x0?)
	/usr/local/go/src/runtime/proc.go:402 +0xce fp=0xc00006e6a8 sp=0xc00006e688 pc=0x43e0ae
internal/poll.runtime_pollWait(0x7f01902d3000, 0x72)
	/usr/local/go/src/runtime/netpoll.go:351 +0x85 fp=0xc1 sp=0xc2 pc=0x4
main.read[...](...)
	C:/src dir/main.go:9
runtime.goexit({})
	/usr/local/go/src/runtime/asm_amd64.s:1695 +0x1 fp=0xc00006e7e0 sp=0xc00006e7d8 pc=0x46e1a1
created by main.main in goroutine 1
	C:/src dir/main.go:19 +0x33b

goroutine 8 gp=0xc0000070c0 m=nil [GC worker (idle)]:
	goroutine running on other thread; stack unavailable
created by runtime.gcBgMarkStartWorkers in goroutine 1
	/usr/local/go/src/runtime/mgc.go:1310 +0x105
rax    0x0
`
	cgo = `goroutine 17 [syscall, locked to thread]:
runtime.cgocall(0x401, 0x2)
	/usr/local/go/src/runtime/cgocall.go:157 +0x4b
main._Cfunc_wait()
	_cgo_gotypes.go:45 +0x3f
non-Go function
	pc=0x7f01902d3000
waiter
	/src/wait.c:7 pc=0x401
main.main.func1()
	/src/main.go:5 +0x20
created by main.main in goroutine 1
	/src/main.go:4 +0x30
[originating from goroutine 1]:
main.main(...)
	/src/other.go:4 +0x30
created by main.other
	/src/other.go:99 +0x30
`
)

func parse(t *testing.T, dump string, n int) []*Goroutine {
	t.Helper()
	var all []*Goroutine
	for g := range All(dump) {
		all = append(all, g.Clone())
	}
	if len(all) != n {
		t.Fatalf("%d goroutines, want %d in\n%s", len(all), n, dump)
	}
	return all
}

func TestPlain(t *testing.T) {
	all := parse(t, plain, 2)
	want := &Goroutine{
		ID: 21, State: "chan receive", Minutes: 12, Parent: 1,
		Frames:    []Frame{{"main.(*T).serve", "/tmp/gl/main.go", 4}},
		CreatedBy: Frame{"main.main", "/tmp/gl/main.go", 10},
		Text:      strings.TrimSuffix(plain[strings.Index(plain, "goroutine 21"):], "\n"),
	}
	if !reflect.DeepEqual(all[1], want) {
		t.Errorf("got  %+v\nwant %+v", all[1], want)
	}
	if all[0].CreatedBy.String() != "" || want.CreatedBy.String() != "main.main at /tmp/gl/main.go:10" {
		t.Errorf("created by %q and %q", all[0].CreatedBy, all[1].CreatedBy)
	}
}

func TestMarks(t *testing.T) {
	g := parse(t, marks, 1)[0]
	if g.State != "chan receive (nil chan)" || !g.Leaked || g.Minutes != 3 || g.Bubble != 4 {
		t.Errorf("%+v", g)
	}
	if want := []Label{{"us\"er]:", "al\nice}]:"}, {"b", "c"}}; !reflect.DeepEqual(g.Labels, want) {
		t.Errorf("labels are %q, want %q", g.Labels, want)
	}
	durable := parse(t, "goroutine 5 [select (durable) (scan), synctest group 9]:\nmain.f()\n\t/a.go:1\n", 1)[0]
	if durable.State != "select" || !durable.Durable || durable.Bubble != 9 {
		t.Errorf("%+v", durable)
	}
}

func TestRedact(t *testing.T) {
	got := Redact(plain + "\n" + marks)
	if strings.Contains(got, "ice") || !strings.HasPrefix(got, plain) {
		t.Errorf("redacted to\n%s", got)
	}
	g := parse(t, got[len(plain):], 1)[0]
	if len(g.Labels) != 2 || g.Labels[0].Key != "us\"er]:" || g.Labels[0].Value != "…" {
		t.Errorf("labels are %q", g.Labels)
	}
	if got[strings.Index(got, "\nmain.main.func1.1"):] != marks[strings.Index(marks, "\nmain.main.func1.1"):] {
		t.Errorf("more than labels was changed:\n%s", got)
	}
	// A line that breaks in its labels must not show them.
	for _, broken := range []string{`goroutine 2 [select labels:{"user": "alice}]:` + "\n", `goroutine 2 [select labels:{"user": "alice`} {
		if redacted := Redact(broken); strings.Contains(redacted, "alice") {
			t.Errorf("redacted to %q", redacted)
		}
	}
}

func TestBefore121(t *testing.T) {
	g := parse(t, before121, 1)[0]
	if g.State != "select (no cases)" || g.Parent != 0 || g.CreatedBy.Func != "net/http.(*Server).Serve" || g.CreatedBy.Line != 2969 {
		t.Errorf("%+v", g)
	}
}

func TestCrash(t *testing.T) {
	all := parse(t, crash, 2)
	want := Site{Root: "main.read[...]", Leaf: "internal/poll.runtime_pollWait"}
	if got := all[0].Site(); got != want {
		t.Errorf("site is %v, want %v", got, want)
	}
	if f := all[0].Frames[2]; f.File != "C:/src dir/main.go" || f.Line != 9 {
		t.Errorf("frame is %+v", f)
	}
	if all[1].State != "GC worker (idle)" {
		t.Errorf("%+v", all[1])
	}
}

func TestCgo(t *testing.T) {
	g := parse(t, cgo, 1)[0]
	if got := g.CreatedBy.At(); got != "/src/main.go:4" {
		t.Errorf("created at %s: an ancestor was taken for the creator", got)
	}
	if len(g.Frames) != 5 || g.Frames[2] != (Frame{Func: "non-Go function"}) || g.Frames[3] != (Frame{"waiter", "/src/wait.c", 7}) || g.Entry().Func != "main.main.func1" {
		t.Errorf("frames are %+v", g.Frames)
	}
}

func TestCarriageReturns(t *testing.T) {
	all := parse(t, strings.ReplaceAll(plain, "\n", "\r\n"), 2)
	if all[1].CreatedBy != (Frame{"main.main", "/tmp/gl/main.go", 10}) || all[1].Frames[0].File != "/tmp/gl/main.go" {
		t.Errorf("%+v", all[1])
	}
}

func TestCutDumpIsReadToItsEnd(t *testing.T) {
	if g := parse(t, plain[:len(plain)-len("o:10 +0xa8\n")], 2)[1]; len(g.Frames) != 1 || g.CreatedBy != (Frame{Func: "main.main"}) {
		t.Errorf("%+v", g)
	}
	if g := parse(t, strings.TrimSpace(plain), 2)[1]; g.CreatedBy.Line != 10 {
		t.Errorf("%+v", g)
	}
}

// TestRealDump compares with what the runtime counts.
func TestRealDump(t *testing.T) {
	stop := make(chan struct{})
	for range 25 {
		go func() { <-stop }()
	}
	defer close(stop)
	go waitDeep(stop, 200)
	runtime.Gosched()
	eventually(t, func() error {
		before := runtime.NumGoroutine()
		dump := Dump()
		n := 0
		for g := range All(dump) {
			n++
			if len(g.Frames) == 0 || g.Frames[0].Line == 0 || g.ID != 1 && g.CreatedBy.Line == 0 {
				return fmt.Errorf("read as %+v", g)
			}
		}
		if n != before {
			return fmt.Errorf("%d goroutines; the runtime counts %d", n, before)
		}
		return nil
	})
}

func TestGroups(t *testing.T) {
	groups := Groups(plain+"\n"+strings.Replace(plain, "goroutine 21 [chan receive, 12", "goroutine 22 [chan receive, 15", 1)+"\n"+marks,
		func(g *Goroutine) bool { return g.ID != 1 })
	if len(groups) != 2 {
		t.Fatalf("%d groups", len(groups))
	}
	first := groups[0]
	if !reflect.DeepEqual(first.IDs, []uint64{21, 22}) || first.Example.ID != 22 || first.CreatedBy.Line != 10 {
		t.Errorf("%+v", first)
	}
}

func TestOwn(t *testing.T) {
	const head = "goroutine 5 [select]:\n"
	for root, want := range map[string]bool{
		"github.com/govitals/govitals/internal/loop.(*Loop).run(0xc000)":  true,
		"github.com/govitals/govitals/internal/collect.run(0xc000, 0xc1)": true,
		"github.com/govitals/govitals/heap.run(0xc000)":                   false,
		"example.com/internal/loop.(*Loop).run(0xc000)":                   false,
	} {
		g := parse(t, head+"main.step()\n\t/a.go:1 +0x1\n"+root+"\n\t/b.go:2 +0x1\n", 1)[0]
		if g.Own() != want {
			t.Errorf("%s: own is %v", root, !want)
		}
	}
}

func FuzzAll(f *testing.F) {
	for _, text := range []string{plain, marks, before121, crash, cgo, "goroutine 1 [", "goroutine 1 []:\n\t:", "created by \n"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n := 0
		for g := range All(text) {
			n++
			if g.Text == "" || !strings.Contains(text, g.Text) {
				t.Fatalf("text %q is not part of the dump", g.Text)
			}
			_, _, _ = g.Site(), g.Own(), g.CreatedBy.String()
		}
		if heads := strings.Count(text, "goroutine "); n > heads {
			t.Fatalf("%d goroutines from %d heads", n, heads)
		}
		Groups(text, func(*Goroutine) bool { return true })
		parseProven(text)
		again := 0
		for range All(Redact(text)) {
			again++
		}
		if again != n {
			t.Fatalf("%d goroutines, %d after Redact", n, again)
		}
	})
}
