package vitals

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/govitals/govitals/cardinality"
	"github.com/govitals/govitals/internal/ringdir"
	"github.com/govitals/govitals/watch"
)

func TestGoroutinesWithoutWhatIsPrivate(t *testing.T) {
	_, url := serve(t, Config{})
	stop, ready := make(chan struct{}), make(chan struct{})
	defer close(stop)
	for i := range 7 {
		go pprof.Do(context.Background(), pprof.Labels("user", "alice"+strconv.Itoa(i)+"@example.com"), func(context.Context) {
			ready <- struct{}{}
			<-stop
		})
		<-ready
	}
	var page string
	eventually(t, "all seven wait", func() bool {
		_, page = get(t, url+"/debug/goroutines")
		return strings.Contains(page, "7 chan receive")
	})
	for _, words := range []string{"vitals.TestGoroutinesWithoutWhatIsPrivate", "vitals/sheet_test.go:", "7 values", "user"} {
		if !strings.Contains(page, words) {
			t.Errorf("%q is missing in\n%s", words, page)
		}
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, private := range []string{"alice", dir} {
		if strings.Contains(page, private) {
			t.Errorf("the page tells %q:\n%s", private, page)
		}
	}
	if _, page := get(t, url+"/debug/goroutines?labels=show"); !strings.Contains(page, "alice") {
		t.Errorf("values that were asked for are missing:\n%s", page)
	}
	if response, _ := get(t, url+"/debug/goroutines?force=1"); response.StatusCode != 403 {
		t.Errorf("force=1 without a token: %s, want 403", response.Status)
	}
}

func TestWithoutADumpTheSitesAreCounted(t *testing.T) {
	v, _ := serve(t, Config{})
	s := &sheet{}
	v.addProfile(s, 1_000_000, dumpGoroutines)
	if len(s.Tables) != 1 || !strings.Contains(strings.Join(s.Notes, " "), "30s") {
		t.Errorf("the page is %+v, want a table, and how long a dump would take", s)
	}
}

func TestRequestsInFlightAreListed(t *testing.T) {
	v, url := serve(t, Config{})
	if _, page := get(t, url+"/debug/inflight"); !strings.Contains(page, "watch.NewInFlight") {
		t.Errorf("without a part the page says\n%s", page)
	}
	inflight := watch.NewInFlight(watch.InFlightConfig{})
	v.Add(inflight)
	defer inflight.Begin(t.Context(), "/orders/{id}").End(watch.OK)
	if _, page := get(t, url+"/debug/inflight?format=json"); !strings.Contains(page, "/orders/{id}") {
		t.Errorf("the request is missing in\n%s", page)
	}
}

func TestLabelsThatExplodedAreNamedWithoutTheirValues(t *testing.T) {
	v, url := serve(t, Config{})
	vec := cardinality.NewVec([]string{"user"}, func([]string) *int { return new(int) }, cardinality.Name("logins"), cardinality.MaxSets(10))
	v.Add(vec.Guard())
	for i := range 50 {
		vec.With("alice" + strconv.Itoa(i))
	}
	_, page := get(t, url+"/debug/cardinality")
	for _, words := range []string{"logins", "user", "MaxSets", "vitals/sheet_test.go:"} {
		if !strings.Contains(page, words) {
			t.Errorf("%q is missing in\n%s", words, page)
		}
	}
	if strings.Contains(page, "alice") {
		t.Errorf("the page shows values:\n%s", page)
	}
	if _, page := get(t, url+"/debug/cardinality?values=show"); !strings.Contains(page, "alice") {
		t.Errorf("values that were asked for are missing:\n%s", page)
	}
}

func TestCapturedStallsAreListedAndHandedOut(t *testing.T) {
	dir := t.TempDir()
	_, url := serve(t, Config{CaptureDir: dir})
	stalls := ringdir.New(ringdir.Config{Dir: filepath.Join(dir, "stalls"), MaxBytes: 1 << 20, MaxFiles: 9, Main: "json"})
	now := time.Now()
	id := stalls.NewID(now, "stall", "gc")
	about := `{"start":"2026-01-02T03:04:05Z","lag_seconds":0.25,"cause":"gc","culprits":[{"name":"main.hog","file":"/home/ann/hog.go","line":7}]}`
	if err := os.MkdirAll(filepath.Join(dir, "stalls"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "stalls", id+".json"), []byte(about), 0o600); err != nil {
		t.Fatal(err)
	}
	_, page := get(t, url+"/debug/stalls?format=json")
	var s struct{ Tables []Table }
	if err := json.Unmarshal([]byte(page), &s); err != nil || len(s.Tables) == 0 {
		t.Fatalf("%v in %s", err, page)
	}
	row := strings.Join(s.Tables[len(s.Tables)-1].Rows[0], " ")
	if !strings.Contains(row, "main.hog") || !strings.Contains(row, "250 ms") || strings.Contains(row, "/home/ann") {
		t.Errorf("the capture is listed as %q", row)
	}
	if response, body := get(t, url+"/debug/stalls?capture="+id+".json"); response.StatusCode != 200 || body != about {
		t.Errorf("the file: %s, %q", response.Status, body)
	}
	for _, path := range []string{"../../etc/passwd", id, "x.json"} {
		if response, body := get(t, url+"/debug/stalls?capture="+path); response.StatusCode != 404 {
			t.Errorf("%s: %s, %q, want 404", path, response.Status, body)
		}
	}
}

// The files of a capture differ in the end of a long name alone.
func TestFilesOfACaptureAreToldApart(t *testing.T) {
	dir := t.TempDir()
	_, url := serve(t, Config{CaptureDir: dir})
	if err := os.MkdirAll(filepath.Join(dir, "stalls"), 0o700); err != nil {
		t.Fatal(err)
	}
	const id = "20260102T030405.006Z-stall-host_contention-p4194303-abcdefgh0123"
	for _, ext := range []string{"json", "trace", "pb.gz"} {
		if err := os.WriteFile(filepath.Join(dir, "stalls", id+"."+ext), []byte(ext), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, ext := range []string{"json", "trace", "pb.gz"} {
		response, body := get(t, url+"/debug/stalls?capture="+id+"."+ext)
		if named := response.Header.Get("Content-Disposition"); body != ext || !strings.Contains(named, id+"."+ext) {
			t.Errorf("%s: %s %q, to be saved as %s", ext, response.Status, body, named)
		}
	}
	if _, page := get(t, url+"/debug/stalls"); !matches(`Jan 2 03:04:05 UTC +– +– +–`, page) {
		t.Errorf("of a description that cannot be read the page says\n%s", page)
	}
	if response, _ := get(t, url+"/debug/stalls?capture="+strings.Repeat("x", 10_000)); response.StatusCode != 404 {
		t.Errorf("a name that is none: %s", response.Status)
	}
}
