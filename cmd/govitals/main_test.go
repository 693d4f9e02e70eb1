package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"runtime/trace"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/govitals/govitals/leakguard"
)

func TestMain(m *testing.M) { leakguard.VerifyTestMain(m) }

// call runs the program.
func call(in []byte, args ...string) (code int, out, fault string) {
	var stdout, stderr strings.Builder
	code = run(args, streams{bytes.NewReader(in), &stdout, &stderr})
	return code, stdout.String(), stderr.String()
}

//go:noinline
func spin(end time.Time) {
	for x := 0; ; x++ {
		if x&0xffff == 0 && time.Now().After(end) {
			return
		}
	}
}

// recorded returns a trace of a time in which there are more spinners than
// processors, or of one in which nothing happens.
func recorded(t *testing.T, spinners int) []byte {
	t.Helper()
	recorder := trace.NewFlightRecorder(trace.FlightRecorderConfig{MinAge: 10 * time.Second})
	if err := recorder.Start(); err != nil {
		t.Fatal(err)
	}
	defer recorder.Stop()
	var group sync.WaitGroup
	end := time.Now().Add(150 * time.Millisecond)
	for range spinners {
		group.Go(func() { spin(end) })
	}
	group.Wait()
	var b bytes.Buffer
	if _, err := recorder.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestStallNamesTheFunction(t *testing.T) {
	in := recorded(t, 4*runtime.GOMAXPROCS(0))
	file := filepath.Join(t.TempDir(), "stall.trace")
	if err := os.WriteFile(file, in, 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, fault := call(nil, "stall", file)
	if code != 0 || !strings.Contains(out, "govitals.spin") || !strings.Contains(out, "main_test.go:") || fault != "" {
		t.Errorf("%d\n%s%s", code, out, fault)
	}
	code, out, fault = call(in, "stall", "--json", "-")
	var got named
	if err := json.Unmarshal([]byte(out), &got); err != nil || code != 0 || got.Schema != stallSchema {
		t.Fatalf("%d: %v\n%s%s", code, err, out, fault)
	}
	if c := got.Culprits[0]; !strings.HasSuffix(c.Name, "govitals.spin") || c.Share < 0.5 || c.Line == 0 {
		t.Errorf("the first culprit is %+v", c)
	}
}

func TestExitCodes(t *testing.T) {
	for _, test := range []struct {
		args []string
		in   string
		code int
		says string
	}{
		{nil, "", 2, "usage"},
		{[]string{"--help"}, "", 0, "govitals stall"},
		{[]string{"stall", "--help"}, "", 0, "json"},
		{[]string{"stal"}, "", 2, `no command "stal"`},
		{[]string{"stall"}, "", 2, "needs one FILE"},
		{[]string{"stall", "--nope", "-"}, "", 2, "nope"},
		{[]string{"stall", "/does/not/exist"}, "", 2, "no such file"},
		{[]string{"stall", "-"}, "this is no trace at all", 2, "not an execution trace"},
	} {
		code, out, fault := call([]byte(test.in), test.args...)
		if code != test.code || !strings.Contains(out+fault, test.says) {
			t.Errorf("%q: %d, want %d and %q\n%s%s", test.args, code, test.code, test.says, out, fault)
		}
	}
}

// On a busy machine an idle process may stall too: then somebody is named.
func TestNothingToBlame(t *testing.T) {
	in := recorded(t, 0)
	code, out, fault := call(in, "stall", "-")
	if code == 1 && !strings.Contains(out, "no stall") || code == 2 {
		t.Errorf("%d\n%s%s", code, out, fault)
	}
	code, out, _ = call(in, "stall", "--json", "-")
	if code == 1 && !strings.Contains(out, `"culprits": []`) {
		t.Errorf("%d\n%s", code, out)
	}
}
