package eventloop

import (
	"bytes"
	"runtime/trace"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// marks are words in traces: strings stand there as they are.
var marks = []string{"mark of the first", "mark of the second", "mark of the third"}

// generations records a trace of three generations, each with a mark, and returns a
// time in each. After a second the runtime would begin one more, so what took as long as
// that on a busy machine is not used.
func generations(t testing.TB) (recorded []byte, in []time.Time) {
	t.Helper()
	for range 20 {
		began := time.Now()
		if recorded, in = recordGenerations(t); time.Since(began) < time.Second {
			return recorded, in
		}
	}
	t.Skip("recording for some milliseconds takes more than a second on this machine")
	return nil, nil
}

// recordGenerations does it once. WriteTo ends a generation and begins the next.
func recordGenerations(t testing.TB) (recorded []byte, in []time.Time) {
	t.Helper()
	recorder := trace.NewFlightRecorder(trace.FlightRecorderConfig{MinAge: time.Minute})
	if err := recorder.Start(); err != nil {
		t.Fatal(err)
	}
	defer recorder.Stop()
	var b bytes.Buffer
	for _, mark := range marks {
		time.Sleep(ms)
		in = append(in, time.Now())
		trace.Log(t.Context(), "marks", mark)
		b.Reset()
		if _, err := recorder.WriteTo(&b); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes(), in
}

func TestATraceIsCutToTheStall(t *testing.T) {
	whole, in := generations(t)
	for name, test := range map[string]struct {
		from, to time.Time
		want     []string
	}{
		"all": {in[0].Add(-time.Hour), in[2], marks}, "before all": {in[0].Add(-time.Hour), in[0].Add(-time.Hour), marks[:1]},
		"in the first": {in[0], in[0], marks[:1]}, "to the second": {in[0], in[1], marks[:2]}, "in the second": {in[1], in[1], marks[1:2]},
		"from the second": {in[1], in[2], marks[1:]}, "in the third": {in[2], in[2], marks[2:]}, "after all": {in[2].Add(time.Hour), in[2].Add(time.Hour), marks[2:]},
		"the other way round": {in[2], in[0], marks[2:]},
	} {
		got := between(bytes.Clone(whole), test.from, test.to)
		for _, mark := range marks {
			if has, want := bytes.Contains(got, []byte(mark)), slices.Contains(test.want, mark); has != want {
				t.Errorf("%s: it is %v that it has the %s, want %v", name, has, mark, want)
			}
		}
		if !bytes.Equal(got[:traceHeader], whole[:traceHeader]) || !bytes.Contains(whole, got[traceHeader:]) || got[len(got)-1] != endEvent {
			t.Errorf("%s: %d of %d bytes, which are not the header and whole generations", name, len(got), len(whole))
		}
	}
}

func TestACaptureHasTheTraceOfTheStall(t *testing.T) {
	whole, in := generations(t)
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		c := startCapture(t, CaptureConfig{Dir: dir, Probe: newProbe(t, Config{}), Recorder: tape{text: string(whole)}})
		c.stalled(Stall{Start: in[2].Add(time.Hour).Round(0), Lag: time.Second}) // the clock of the bubble is another
		synctest.Wait()
		traces, about := files(t, dir, extTrace), described(t, dir)
		if len(traces) != 1 || len(traces[0]) >= len(whole) || len(traces[0]) != about.Trace.Bytes || strings.Contains(traces[0], marks[1]) {
			t.Errorf("%d traces, the description says %d of %d bytes, want less and nothing of the second", len(traces), about.Trace.Bytes, len(whole))
		}
	})
}

// What is damaged or of another form is left to whoever can read it.
func TestWhatIsNoTraceIsNotCut(t *testing.T) {
	whole, _ := generations(t)
	for name, trace := range map[string][]byte{
		"empty": nil, "text": []byte("what happened in the process"), "cut": whole[:len(whole)-len(whole)/4],
		"followed": append(bytes.Clone(whole), "something else"...),
	} {
		if got := between(bytes.Clone(trace), time.Now(), time.Now()); !bytes.Equal(got, trace) {
			t.Errorf("%s: %d of %d bytes are left, want all", name, len(got), len(trace))
		}
	}
}

func FuzzBetween(f *testing.F) {
	whole, in := generations(f)
	f.Add(whole, in[1].UnixNano(), in[1].UnixNano())
	f.Add(whole[:len(whole)/2], in[0].UnixNano(), in[2].UnixNano())
	f.Fuzz(func(t *testing.T, trace []byte, from, to int64) {
		before := bytes.Clone(trace)
		got := between(trace, time.Unix(0, from), time.Unix(0, to))
		if head := min(len(before), traceHeader); !bytes.HasPrefix(got, before[:head]) || !bytes.Contains(before, got[head:]) || len(before) > head && len(got) == head {
			t.Errorf("%d of %d bytes, which are not the header and something of the rest", len(got), len(before))
		}
	})
}
