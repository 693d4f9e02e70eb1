package stacks

import (
	"context"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"testing"
	"time"
)

// park starts n goroutines that are depth calls deep, and returns once all are. They have
// gone when the next test begins.
func park(t *testing.T, n, depth int) {
	t.Helper()
	began, done, before := make(chan struct{}), make(chan struct{}), runtime.NumGoroutine()
	t.Cleanup(func() {
		close(done)
		for end := time.Now().Add(time.Minute); runtime.NumGoroutine() > before && time.Now().Before(end); {
			time.Sleep(time.Millisecond)
		}
	})
	for range n {
		go sink(depth, began, done)
	}
	for range n {
		<-began
	}
}

//go:noinline
func sink(depth int, began, done chan struct{}) {
	if depth > 0 {
		sink(depth-1, began, done)
		return
	}
	began <- struct{}{}
	<-done
}

// TestWhole: deep stacks take more room than is guessed at first.
func TestWhole(t *testing.T) {
	park(t, 300, 60)
	dump, n, err := Whole()
	if err != nil {
		t.Fatal(err)
	}
	if guess := 64<<10 + bytesEach*3/2*runtime.NumGoroutine(); len(dump) < guess {
		t.Fatalf("want a dump above %d bytes, got %d: the test is too small", guess, len(dump))
	}
	deep, all := 0, 0
	for g := range All(dump) {
		all++
		if strings.HasSuffix(g.Entry().Func, "stacks.sink") {
			deep++
		}
	}
	if deep != 300 || all != n || n < runtime.NumGoroutine() {
		t.Errorf("want 300 deep goroutines of %d, got %d; All returned %d, Whole counted %d", runtime.NumGoroutine(), deep, all, n)
	}
}

func TestCountRejectsWhatAllPassesOver(t *testing.T) {
	const good = "goroutine 1 [running]:\nmain.main()\n\t/a.go:1 +0x1\n"
	tests := []struct {
		dump string
		n    int // 0 = an error
	}{
		{good, 1},
		{good + "\n" + good, 2},
		{good + "\n" + good + "\n\n", 2},
		{"", 0},
		{"coroutine 1 [running]:\nmain.main()\n", 0},
		{good + "\ngoroutine x [running]:\nmain.main()\n", 0},
		{good + "\ngoroutine 2 running:\nmain.main()\n", 0},
	}
	for _, tt := range tests {
		if n, err := count(tt.dump); n != tt.n || (err == nil) != (tt.n > 0) {
			t.Errorf("%q: want %d, got %d, %v", tt.dump, tt.n, n, err)
		}
	}
}

// FuzzCount: what count accepts, All reads to the last goroutine.
func FuzzCount(f *testing.F) {
	f.Add("goroutine 1 [running]:\nmain.main()\n\t/a.go:1 +0x1\n\ngoroutine 2 [select]:\nmain.f()\n")
	f.Add("goroutine 1 [running]:\ngoroutine 2 [running]:\n")
	f.Fuzz(func(t *testing.T, dump string) {
		n, err := count(dump)
		all := 0
		for range All(dump) {
			all++
		}
		if err == nil && all < n {
			t.Errorf("Count says %d, All returns %d", n, all)
		}
	})
}

func TestSelf(t *testing.T) {
	id, bubble, err := Self()
	var want uint64
	for g := range All(Dump()) {
		want = g.ID // the first is the one that asks
		break
	}
	if err != nil || id != want || bubble != 0 {
		t.Errorf("want goroutine %d in no bubble, got %d, %d, %v", want, id, bubble, err)
	}
	for _, head := range []string{
		"goroutine 12 [running, synctest bubble 3 labels:{\"a\": \"a long val",
		"goroutine 12 gp=0x1 m=0 mp=0x2 [running, synctest bubble 3 labels:{\"a",
	} {
		if id, bubble, err := parseSelf(head); id != 12 || bubble != 3 || err != nil {
			t.Errorf("%s: got %d, %d, %v", head, id, bubble, err)
		}
	}
	if _, _, err := parseSelf("gopher 12"); err == nil {
		t.Error("want an error")
	}
}

func TestLabelled(t *testing.T) {
	labels := pprof.Labels("test", `a "quoted"	name`, "z", "é")
	pprof.Do(context.Background(), labels, func(context.Context) { park(t, 7, 2) })
	park(t, 3, 2)
	samples, err := Labelled()
	if err != nil {
		t.Fatal(err)
	}
	with, without := 0, 0
	for i := range samples {
		s := &samples[i]
		if !strings.HasSuffix(s.Site.Root, "stacks.sink") {
			continue
		}
		if value, ok := s.Label("test"); ok && value == `a "quoted"	name` && len(s.Labels) == 2 {
			with += s.Count
		} else {
			without += s.Count
		}
	}
	if with != 7 || without < 3 {
		t.Errorf("want 7 with the label and 3 without, got %d and %d", with, without)
	}
}

// TestLabelledNamesSitesAsDumpsDo: or nothing could be put together.
func TestLabelledNamesSitesAsDumpsDo(t *testing.T) {
	park(t, 4, 3)
	inDump := make(map[Site]int)
	for g := range All(Dump()) {
		inDump[g.Site()]++
	}
	samples, err := Labelled()
	if err != nil {
		t.Fatal(err)
	}
	labelled := make(map[Site]int) // a site has a sample for each set of labels and each depth
	for _, s := range samples {
		labelled[s.Site] += s.Count
	}
	for site, n := range labelled {
		if strings.HasSuffix(site.Root, "stacks.sink") && inDump[site] != n {
			t.Errorf("%v: want %d, got %d", site, inDump[site], n)
		}
	}
}

func TestLabelledNoticesWhatIsMissing(t *testing.T) {
	for _, text := range []string{
		"",
		"goroutine profile: total x\n",
		"goroutine profile: total 3\n2 @ 0x1 0x2\n#\t0x1\tmain.f+0x1\t/a.go:1\n",
		"goroutine profile: total 2\n2 of them\n",
	} {
		if samples, err := parseLabelled(text); err == nil {
			t.Errorf("%q: want an error, got %v", text, samples)
		}
	}
	samples, err := parseLabelled("goroutine profile: total 5\n3 @ 0x1\n# labels: {\"a\":\"b\"}\n#\t0x1\n\n2 @\n")
	if err != nil || len(samples) != 2 || samples[0].Count != 3 || len(samples[0].Labels) != 1 || samples[1].Labels != nil {
		t.Errorf("got %v, %v", samples, err)
	}
}

// FuzzLabelled: whatever the text is, the counts add up or there is an error.
func FuzzLabelled(f *testing.F) {
	f.Add("goroutine profile: total 5\n3 @ 0x1\n# labels: {\"a\":\"b\"}\n#\t0x1\n\n2 @\n")
	f.Add("goroutine profile: total -1\n# labels: {\"a\n")
	f.Fuzz(func(t *testing.T, text string) {
		samples, err := parseLabelled(text)
		if err != nil {
			return
		}
		total := 0
		for _, s := range samples {
			total += s.Count
		}
		head, _, _ := strings.Cut(text, "\n")
		said, err := strconv.Atoi(strings.TrimSpace(strings.TrimPrefix(head, "goroutine profile: total ")))
		if err != nil || said != total {
			t.Errorf("the counts add up to %d in %q", total, text)
		}
	})
}

// TestDumper: deep stacks are all there, and the next dump stops the world only once.
func TestDumper(t *testing.T) {
	park(t, 300, 60)
	var d Dumper
	for range 2 {
		text, pause, whole := d.Dump()
		deep := 0
		for g := range All(text) {
			if strings.HasSuffix(g.Entry().Func, "stacks.sink") {
				deep++
			}
		}
		if deep != 300 || !whole || pause <= 0 {
			t.Errorf("want 300 deep goroutines, got %d; whole: %v, pause: %v", deep, whole, pause)
		}
	}
	if room := 64<<10 + d.each*3/2*int64(runtime.NumGoroutine()); room < int64(len(Dump())) {
		t.Errorf("the next dump has room for %d bytes and needs %d", room, len(Dump()))
	}
}
