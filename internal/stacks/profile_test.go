package stacks

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// eventually gives goroutines that were just started or stopped time to settle.
func eventually(t *testing.T, check func() error) {
	t.Helper()
	var err error
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if err = check(); err == nil {
			return
		}
	}
	t.Error(err)
}

func waitHere(stop chan struct{}) { <-stop }

func waitDeep(stop chan struct{}, n int) {
	if n == 0 {
		<-stop
		return
	}
	waitDeep(stop, n-1)
}

type server struct{}

func (server) serve(stop chan struct{}) {
	select {
	case <-stop:
	case <-time.After(time.Hour):
	}
}

// TestProfileAgreesWithText reads the same goroutines in both ways.
func TestProfileAgreesWithText(t *testing.T) {
	stop := make(chan struct{})
	defer close(stop)
	var wg, pending sync.WaitGroup
	var mu sync.Mutex
	mu.Lock()
	defer mu.Unlock()
	pending.Add(1)
	defer pending.Done()
	for range 30 {
		go waitHere(stop)
		go server{}.serve(stop)
		go func() { time.Sleep(time.Minute) }()
		go func() { mu.Lock(); defer mu.Unlock() }()
		go func() { pending.Wait() }()
		go waitDeep(stop, 10)
		wg.Go(func() { <-stop })
	}
	var p Profile
	eventually(t, func() error {
		text := make(map[Site]int)
		for g := range All(Dump()) {
			text[g.Site()]++
		}
		if !p.Read() {
			return fmt.Errorf("no profile")
		}
		for site, n := range p.All() {
			if site.Leaf == "github.com/govitals/govitals/internal/stacks.(*Profile).fill" {
				delete(text, Site{site.Root, "github.com/govitals/govitals/internal/stacks.(*Dumper).Dump"})
				continue // this goroutine
			}
			if text[site] != n {
				return fmt.Errorf("%v: %d in the profile, %d in the text", site, n, text[site])
			}
			delete(text, site)
		}
		if len(text) > 0 {
			return fmt.Errorf("not in the profile: %v", text)
		}
		return nil
	})
	for _, want := range []Site{
		{"github.com/govitals/govitals/internal/stacks.waitHere", "github.com/govitals/govitals/internal/stacks.waitHere"},
		{"github.com/govitals/govitals/internal/stacks.TestProfileAgreesWithText.func1", "time.Sleep"},
		{"github.com/govitals/govitals/internal/stacks.server.serve", "github.com/govitals/govitals/internal/stacks.server.serve"},
	} {
		found := 0
		for site, n := range p.All() {
			if site == want {
				found = n
			}
		}
		if found < 30 { // the sleepers of an earlier run may be there
			t.Errorf("%d goroutines in %v, want 30 at least", found, want)
		}
	}
}

func TestDeepStacksAreOneSite(t *testing.T) {
	stop := make(chan struct{})
	defer close(stop)
	for i := range 20 {
		go waitDeep(stop, 100+i)
	}
	want := Site{Leaf: "github.com/govitals/govitals/internal/stacks.waitDeep"}
	var p Profile
	eventually(t, func() error {
		p.Read()
		for site, n := range p.All() {
			if site == want && n >= 20 {
				return nil
			}
		}
		return fmt.Errorf("no site %v", want)
	})
}

func TestProfileIsBounded(t *testing.T) {
	stop := make(chan struct{})
	for range 6000 {
		go waitHere(stop)
	}
	defer close(stop)
	var p Profile
	eventually(t, func() error {
		p.Read()
		for site, n := range p.All() {
			if n >= 6000 {
				return nil
			} else if n > 1000 {
				return fmt.Errorf("%d in %v", n, site)
			}
		}
		return fmt.Errorf("not found")
	})
	if len(p.records) > maxKept {
		t.Errorf("%d records are kept", len(p.records))
	}
	q := Profile{tails: map[ends]*group{}, groups: map[Site]*group{}}
	for i := range 2 * maxSites {
		q.group(Site{Root: fmt.Sprint(i)}).n++
	}
	if len(q.groups) != maxSites || q.groups[Other].n != maxSites+1 {
		t.Errorf("%d sites, %d others", len(q.groups), q.groups[Other].n)
	}
}

// TestProven reads a text of the kind that the goroutine leak profile writes,
// made of real addresses; with the profile compiled in it reads a real one.
func TestProven(t *testing.T) {
	var p Profile
	stop := make(chan struct{})
	defer close(stop)
	go waitHere(stop)
	want := Site{"github.com/govitals/govitals/internal/stacks.waitHere", "github.com/govitals/govitals/internal/stacks.waitHere"}
	eventually(t, func() error {
		records, ok := p.fill()
		if !ok {
			return fmt.Errorf("no profile")
		}
		var text strings.Builder
		fmt.Fprintf(&text, "goroutineleak profile: total %d\n", len(records))
		for _, r := range records {
			text.WriteString("2 @")
			for _, pc := range r.Stack()[:len(r.Stack())-1] {
				fmt.Fprintf(&text, " 0x%x", pc)
			}
			text.WriteString("\n#\t0x1\tmain.f+0x1\t/a.go:1\n\n")
		}
		if proven := parseProven(text.String()); proven[want] != 2 {
			return fmt.Errorf("proven: %v", proven)
		}
		return nil
	})
	if CanProve() {
		func() {
			for range 7 {
				go waitHere(make(chan struct{}))
			}
		}()
		eventually(t, func() error {
			if proven := Proven(); proven[want] != 7 {
				return fmt.Errorf("proven: %v", proven)
			}
			return nil
		})
	} else if Proven() != nil {
		t.Error("a proof without the profile")
	}
}
