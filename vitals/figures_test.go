package vitals

import (
	"encoding/json"
	"math"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/metric"
	"github.com/govitals/govitals/watch"
)

// A life of a month fits, with what happened when it was young and in the last hour.
func TestHistoryIsDenseWhereItIsLookedAt(t *testing.T) {
	var h figureHistory
	var live uint64
	const minutes = 30 * 24 * 60
	for at := 10; at <= minutes; at++ {
		live = 100<<20 + uint64(at%7)<<20
		h.add(FigurePoint{UptimeSeconds: float64(60 * at), Requests: uint64(100 * at), P99: 0.02, Max: float64(at%1000 + 1), LiveBytes: live, Goroutines: 40})
		if len(h.points) > maxFigurePoints {
			t.Fatalf("%d points", len(h.points))
		}
	}
	if first := h.points[0]; first.UptimeSeconds != 600 || h.points[len(h.points)-1].UptimeSeconds != 60*minutes {
		t.Errorf("the first point is of %v s", first.UptimeSeconds)
	}
	young, recent := 0, 0
	for i := 1; i < len(h.points); i++ {
		p := h.points[i]
		if p.UptimeSeconds <= h.points[i-1].UptimeSeconds || p.Requests <= h.points[i-1].Requests || p.P99 != 0.02 {
			t.Errorf("point %d is %+v after %+v", i, p, h.points[i-1])
		}
		if p.UptimeSeconds <= 7200 {
			young++
		}
		if p.UptimeSeconds > 60*(minutes-60) {
			recent++
		}
	}
	if young < 10 || recent != 60 {
		t.Errorf("%d points in the first two hours, want 10 or more; %d in the last one, want 60", young, recent)
	}
	if old := h.points[len(h.points)-70]; old.LiveBytes != 100<<20 || old.Max != 1000 {
		t.Errorf("points that were joined have not the lowest level and the longest request: %+v", old)
	}
}

// tenMilliseconds answers at once but for one request in fifty.
func tenMilliseconds(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Has("slow") {
		time.Sleep(100 * time.Millisecond)
	}
	time.Sleep(10 * time.Millisecond)
}

func TestFiguresAreWhatTheServiceDid(t *testing.T) {
	inBubble(t, Config{Resolution: 100 * time.Millisecond}, func(t *testing.T, v *Vitals) {
		inflight := watch.NewInFlight(watch.InFlightConfig{})
		v.Add(inflight)
		mux := http.NewServeMux()
		mux.HandleFunc("GET /order", tenMilliseconds)
		mux.HandleFunc("GET /healthz", tenMilliseconds)
		handler := inflight.Middleware(mux)
		ask := func(path string) {
			handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, nil))
		}
		time.Sleep(12 * time.Second) // warm-up is over
		for n := range 1000 {
			ask("/order" + map[bool]string{true: "?slow"}[n%50 == 0])
			ask("/healthz")
		}
		time.Sleep(2 * time.Second)
		f := v.Report().Figures
		if f.WarmUpSeconds != 10 || math.Abs(f.UptimeSeconds-36) > 1 || f.Goroutines == 0 || f.Procs != runtime.GOMAXPROCS(0) {
			t.Errorf("figures are %+v", f)
		}
		if r := f.Requests; r == nil || r.Total != 1000 || r.Failed != 0 || r.Latency.Count != 1000 {
			t.Fatalf("requests are %+v, want 1,000 without health checks", f.Requests)
		}
		for name, q := range map[string]struct{ got, want float64 }{
			"p50": {f.Requests.Latency.P50, 0.01}, "p99": {f.Requests.Latency.P99, 0.11}, "max": {f.Requests.Latency.Max, 0.11},
		} {
			if q.got < q.want || q.got > 1.045*q.want {
				t.Errorf("%s is %v, want %v and at most 4.5 %% more", name, q.got, q.want)
			}
		}
		checkHistory(t, f)
	})
}

func checkHistory(t *testing.T, f *Figures) {
	t.Helper()
	if n := len(f.History); n < 20 || n > 30 {
		t.Fatalf("%d points in 36 s at one per second, from 10 s on", n)
	}
	var slow int
	for i, p := range f.History[1:] {
		if p.UptimeSeconds <= f.History[i].UptimeSeconds || p.Requests < f.History[i].Requests || p.CPUSeconds < f.History[i].CPUSeconds {
			t.Errorf("point %+v comes after %+v", p, f.History[i])
		}
		if p.Max > 0.1 {
			slow++
		}
	}
	if first, last := f.History[0], f.History[len(f.History)-1]; first.UptimeSeconds < 10 || last.Requests != 1000 || slow < 15 {
		t.Errorf("from %+v to %+v, %d points with a slow request", first, last, slow)
	}
}

func TestFiguresLeaveOutWhatIsNotKnown(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, v *Vitals) {
		content, err := json.Marshal(v.Report().Figures)
		if err != nil {
			t.Fatal(err)
		}
		var f map[string]any
		if err := json.Unmarshal(content, &f); err != nil {
			t.Fatal(err)
		}
		for _, absent := range []string{"requests", "series", "labels", "history"} {
			if value, there := f[absent]; there {
				t.Errorf("%s is not known and still there: %v", absent, value)
			}
		}
	})
}

func TestFiguresStayBelowTheirSize(t *testing.T) {
	f := Figures{History: make([]FigurePoint, maxFigurePoints), Sites: make([]SiteFigure, maxFigureRows), Creators: make([]PlaceFigure, maxFigureRows)}
	for i := range f.History {
		x := 1.234567891 * float64(i+1)
		f.History[i] = FigurePoint{x, x, 1e6, 1e9, 1e6, 1e9, 1e9, 1e4, 1e4, x, x, x, x}
	}
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(f); err != nil {
		t.Fatal(err)
	}
	if b.Len() > 80<<10 {
		t.Errorf("figures take %d bytes as JSON", b.Len())
	}
}

var held [][]byte

//go:noinline
func holdForFigures() {
	for range 64 {
		held = append(held, make([]byte, 1<<20))
	}
}

//go:noinline
func waitForFigures(done <-chan struct{}) { <-done }

// The figures of sites and creators, against what was really allocated and started.
func TestFiguresNameWhoHoldsMemoryAndGoroutines(t *testing.T) {
	holdForFigures()
	defer func() { held = nil }()
	done := make(chan struct{})
	defer close(done)
	for range 200 {
		go waitForFigures(done)
	}
	runtime.GC()
	runtime.GC() // the profile is that of the collection before
	v := newVitals(t, Config{})
	f := v.Report().Figures
	site := slices.IndexFunc(f.Sites, func(s SiteFigure) bool { return strings.HasSuffix(s.Name, "vitals.holdForFigures") })
	if site < 0 {
		t.Fatalf("the site is not among %+v", f.Sites)
	}
	// Twice the interval of 95 %: a test must not fail once in twenty runs.
	if s := f.Sites[site]; math.Abs(float64(s.Bytes-64<<20)) > 2*float64(s.High-s.Bytes) || s.High-s.Bytes > 16<<20 || s.Line == 0 || !strings.HasSuffix(s.File, "figures_test.go") {
		t.Errorf("64 MiB are said to be %+v", s)
	}
	if c := f.Creators[0]; !strings.HasSuffix(c.Name, "vitals.waitForFigures") || c.Count != 200 {
		t.Errorf("200 goroutines are said to be %+v", c)
	}
}

// labelled is a part that counts values of labels; it may be broken.
type labelled struct{ broken bool }

func (labelled) Findings() []finding.Finding { return nil }

func (l labelled) Describe() []metric.Desc {
	if l.broken {
		panic("broken")
	}
	return []metric.Desc{{Name: nameDistinct, Unit: "{value}", Labels: []string{"metric", "label"}}}
}

func (l labelled) Collect(emit func(metric.Sample)) {
	emit(metric.Sample{Desc: l.Describe()[0], LabelValues: []string{"requests_total", "path"}, Value: 7900})
	emit(metric.Sample{Desc: l.Describe()[0], LabelValues: []string{"requests_total"}, Value: math.NaN()})
}

func TestFiguresKnowLabels(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, v *Vitals) {
		v.Add(labelled{}, labelled{broken: true})
		v.Watch(constant("series", 8100))
		time.Sleep(3 * time.Minute)
		f := v.Report().Figures
		if len(f.Labels) != 1 || f.Labels[0] != (PlaceFigure{"requests_total{path}", 7900}) || f.Series != 8100 {
			t.Errorf("labels are %+v, series %v", f.Labels, f.Series)
		}
	})
	counts := map[string]float64{}
	addCulprits(counts, []finding.Culprit{{Name: "a{b}", Share: 0.5}, {Name: "c"}, {Name: "d", Share: math.NaN()}}, 300)
	if len(counts) != 1 || counts["a{b}"] != 150 {
		t.Errorf("half of 300 series: %+v", counts)
	}
}
