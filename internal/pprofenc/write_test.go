package pprofenc

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// profileOf has one type of value.
func profileOf(samples ...Sample) Profile {
	return Profile{SampleTypes: []ValueType{{"space", "bytes"}}, Samples: slices.Values(samples)}
}

// here returns the stack of its caller.
//
//go:noinline
func here() []uintptr {
	pcs := make([]uintptr, 32)
	return pcs[:runtime.Callers(2, pcs)]
}

func decodeProfile(t testing.TB, p Profile) *decoded {
	t.Helper()
	d, err := decode(encode(t, p))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestHeadIsWritten(t *testing.T) {
	at := time.Unix(1_800_000_000, 5)
	d := decodeProfile(t, Profile{
		SampleTypes:       []ValueType{{"alloc_space", "bytes"}, {"inuse_space", "bytes"}},
		DefaultSampleType: "alloc_space",
		PeriodType:        ValueType{"not \xff UTF-8", "bytes"}, Period: 4096,
		Time: at, Duration: 3 * time.Second,
	})
	if !slices.Equal(d.types, [][2]string{{"alloc_space", "bytes"}, {"inuse_space", "bytes"}}) || d.defaultType != "alloc_space" {
		t.Errorf("types %v, default %q", d.types, d.defaultType)
	}
	if !slices.Equal(d.periodType, [][2]string{{"not \uFFFD UTF-8", "bytes"}}) || d.period != 4096 {
		t.Errorf("period %d of %v", d.period, d.periodType)
	}
	if d.time != uint64(at.UnixNano()) || d.duration != 3e9 {
		t.Errorf("time %d, duration %d", d.time, d.duration)
	}
}

func TestTablesHoldEachThingOnce(t *testing.T) {
	sample := Sample{Stack: here(), Values: []int64{1}}
	d := decodeProfile(t, profileOf(sample, sample, sample))
	if len(d.samples) != 3 || !slices.Equal(d.samples[0].locations, d.samples[2].locations) || len(d.locations) != len(d.samples[0].locations) {
		t.Errorf("%d samples, %d locations, the first sample has %d", len(d.samples), len(d.locations), len(d.samples[0].locations))
	}
	for what, all := range map[string][]string{"string": d.strings, "function": slices.Collect(valuesOf(d.functionNames))} {
		slices.Sort(all)
		if n := len(all); len(slices.Compact(all)) != n {
			t.Errorf("a %s is there twice: %q", what, all)
		}
	}
	if names := slices.Collect(valuesOf(d.functionNames)); slices.Contains(names, "runtime.goexit") {
		t.Error("the stack ends with runtime.goexit")
	}
}

func valuesOf(m map[uint64]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for _, v := range m {
			if !yield(v) {
				return
			}
		}
	}
}

//go:noinline
func outer() []uintptr { return middle() }
func middle() []uintptr {
	return here()
}

// A stack whose last program counter lies in an inlined call has lost its
// callers' virtual program counters; those are found again.
func TestCutStackKeepsInlinedCallers(t *testing.T) {
	whole := outer()
	want := []string{"middle", "outer"}
	for cut := 1; cut <= 2; cut++ {
		stacks, err := profileOf(Sample{Stack: whole[:cut], Values: []int64{1}}).Stacks("")
		if err != nil {
			t.Fatal(err)
		}
		for names := range stacks {
			if len(names) != 2 || !strings.HasSuffix(names[0], want[1]) || !strings.HasSuffix(names[1], want[0]) {
				t.Errorf("%d program counters give %q", cut, names)
			}
		}
	}
}

func TestUnknownAddressesStayAddresses(t *testing.T) {
	d := decodeProfile(t, profileOf(Sample{Stack: []uintptr{0x11, here()[0], 0, 0x22}, Values: []int64{math.MinInt64}}))
	s := d.samples[0]
	if len(s.locations) != 2 || s.values[0] != math.MinInt64 {
		t.Fatalf("sample %+v, want two locations: a 0 ends the stack", s)
	}
	if unknown := d.locations[s.locations[0]]; unknown.number(3) != 0x10 || len(unknown[4]) != 0 {
		t.Errorf("the unknown location is %v", unknown)
	}
	if known := d.locations[s.locations[1]]; len(known[4]) == 0 {
		t.Error("the location after it has no line")
	}
}

func TestInvalidProfiles(t *testing.T) {
	good := profileOf(Sample{Values: []int64{1}})
	noTypes, noUnit, badDefault := good, good, good
	noTypes.SampleTypes = nil
	noUnit.SampleTypes = []ValueType{{"space", ""}}
	badDefault.DefaultSampleType = "time"
	cases := map[string]Profile{
		"Profile.SampleTypes is empty":             noTypes,
		`Profile.SampleTypes[0] is "space" in ""`:  noUnit,
		`DefaultSampleType: there is no sample ty`: badDefault,
		"sample 1 has 2 values for 1 sample types": profileOf(Sample{Values: []int64{1}}, Sample{Values: []int64{1, 2}}),
	}
	for want, p := range cases {
		if err := Write(t.Context(), &bytes.Buffer{}, p); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if err := Folded(t.Context(), &bytes.Buffer{}, good, "time"); err == nil || !strings.Contains(err.Error(), `"time"`) {
		t.Errorf("an unknown sample type gives %v", err)
	}
}

func TestWriteStopsWithItsContext(t *testing.T) {
	endless := func(cancel func()) Profile {
		p := profileOf()
		p.Samples = func(yield func(Sample) bool) {
			for n := 0; yield(Sample{Values: []int64{1}}); n++ {
				if n == 1000 {
					cancel()
				}
			}
		}
		return p
	}
	for name, write := range map[string]func(context.Context, *bytes.Buffer, Profile) error{
		"Write":  func(ctx context.Context, b *bytes.Buffer, p Profile) error { return Write(ctx, b, p) },
		"Folded": func(ctx context.Context, b *bytes.Buffer, p Profile) error { return Folded(ctx, b, p, "") },
	} {
		ctx, cancel := context.WithCancel(t.Context())
		var b bytes.Buffer
		if err := write(ctx, &b, endless(cancel)); !errors.Is(err, context.Canceled) {
			t.Errorf("%s returns %v", name, err)
		}
		if _, err := decode(b.Bytes()); err == nil {
			t.Errorf("what %s wrote until then is a whole profile", name)
		}
	}
}

func TestErrorsOfTheDestinationAreReturned(t *testing.T) {
	broken := errors.New("pipe is broken")
	w := writerFunc(func([]byte) (int, error) { return 0, broken })
	p := profileOf(Sample{Stack: here(), Values: []int64{1}})
	if err := Write(t.Context(), w, p); !errors.Is(err, broken) {
		t.Errorf("Write returns %v", err)
	}
	if err := Folded(t.Context(), w, p, ""); !errors.Is(err, broken) {
		t.Errorf("Folded returns %v", err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// noise yields samples that do not compress well, each without an allocation.
func noise(n int, stack []uintptr) Profile {
	p := profileOf()
	p.Samples = func(yield func(Sample) bool) {
		state, values := uint64(1), []int64{0}
		for range n {
			state = state*6364136223846793005 + 1442695040888963407
			values[0] = int64(state)
			if !yield(Sample{Stack: stack, Values: values}) {
				return
			}
		}
	}
	return p
}

func TestDestinationSeesLargeWrites(t *testing.T) {
	var sizes []int
	w := writerFunc(func(b []byte) (int, error) {
		sizes = append(sizes, len(b))
		return len(b), nil
	})
	if err := Write(t.Context(), w, noise(30_000, here())); err != nil {
		t.Fatal(err)
	}
	if len(sizes) < 4 || slices.Min(sizes[:len(sizes)-1]) < 32<<10 {
		t.Errorf("the destination sees writes of %v bytes", sizes)
	}
}

func TestSamplesAreNotKept(t *testing.T) {
	stack := here()
	allocated := func(samples int) float64 {
		p := noise(samples, stack)
		return testing.AllocsPerRun(2, func() {
			_ = Write(context.Background(), writerFunc(func(b []byte) (int, error) { return len(b), nil }), p)
		})
	}
	if few, many := allocated(100), allocated(10_000); many-few > 100 {
		t.Errorf("100 samples take %v allocations, 10,000 take %v", few, many)
	}
}

func TestFolded(t *testing.T) {
	var b bytes.Buffer
	stack := outer()[:2]
	p := profileOf(
		Sample{Stack: stack, Values: []int64{4096}}, Sample{Stack: stack, Values: []int64{-1}},
		Sample{Stack: stack, Values: []int64{0}}, Sample{Values: []int64{7}}, Sample{Stack: []uintptr{0x11}, Values: []int64{5}},
	)
	if err := Folded(t.Context(), &b, p, "space"); err != nil {
		t.Fatal(err)
	}
	const pkg = "github.com/govitals/govitals/internal/pprofenc."
	want := pkg + "outer;" + pkg + "middle 4096\n" + pkg + "outer;" + pkg + "middle -1\n[no stack] 7\n0x10 5\n"
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
	if line := string(appendFolded(nil, []string{"a;b\nc", "d e\x00\u2028\r"})); line != "a:b c;d e   " {
		t.Errorf("names are escaped to %q", line)
	}
}

func TestFoldedAddsUpToTheProfile(t *testing.T) {
	_, _, records := twoProfiles(t)
	p := Heap(runtime.MemProfileRate)
	p.Samples = recordsOf(records, runtime.MemProfileRate)
	var want, got int64
	for s := range p.Samples {
		want += s.Values[3]
	}
	stacks, err := p.Stacks("inuse_space")
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range stacks {
		got += value
	}
	if got != want || got == 0 {
		t.Errorf("the stacks hold %d bytes, the records %d", got, want)
	}
}

// FuzzWrite takes stacks from 8 bytes for each program counter, near a real one
// where the first byte is odd.
func FuzzWrite(f *testing.F) {
	real := outer()
	f.Add([]byte{}, int64(0), true)
	f.Add([]byte{1, 0, 0, 0, 0, 0, 0, 0, 3, 1, 0, 0, 0, 0, 0, 0}, int64(-1), false)
	f.Add(bytes.Repeat([]byte{0xff}, 64), int64(math.MinInt64), true)
	f.Fuzz(func(t *testing.T, raw []byte, value int64, hide bool) {
		var stack []uintptr
		for ; len(raw) >= 8; raw = raw[8:] {
			pc := uintptr(binary.LittleEndian.Uint64(raw))
			if raw[0]&1 == 1 {
				pc = real[int(raw[0]>>1)%len(real)] + uintptr(int8(raw[1]))
			}
			stack = append(stack, pc)
		}
		p := profileOf(
			Sample{Stack: stack, Values: []int64{value}, BytesPerObject: value},
			Sample{Stack: stack[len(stack)/2:], Values: []int64{1}}, Sample{Stack: real, Values: []int64{-value}},
		)
		p.HideRuntime = hide
		d := decodeProfile(t, p)
		if len(d.samples) != 3 || d.samples[0].values[0] != value || d.samples[0].bytes != uint64(value) || len(d.samples[2].locations) == 0 {
			t.Errorf("samples %+v", d.samples)
		}
		var folded bytes.Buffer
		if err := Folded(t.Context(), &folded, p, ""); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(folded.String()) {
			if strings.Count(line, " ") < 1 || !strings.HasSuffix(line, "\n") {
				t.Errorf("line %q", line)
			}
		}
	})
}
