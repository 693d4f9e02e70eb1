package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/govitals/govitals/internal/compare"
)

// figures is the API of a Prometheus in which all figures have one value, and labels that
// differ have no target in common.
func figures(value string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		result, kind := `{"metric":{},"value":[1,"100"]}`, "vector"
		switch query := r.URL.Query().Get("query"); {
		case strings.HasSuffix(r.URL.Path, "query_range"):
			var values []string
			for i := range 60 {
				values = append(values, fmt.Sprintf(`[%d,%q]`, time.Now().Unix()-int64(30*(60-i)), value))
			}
			result, kind = `{"metric":{},"values":[`+strings.Join(values, ",")+"]}", "matrix"
		case strings.Contains(query, "process_start_time"):
			result = ""
		case strings.Contains(query, " and "):
			if a, b, _ := strings.Cut(query, " and "); a != "count("+strings.TrimSuffix(b, ")") {
				result = ""
			}
		}
		fmt.Fprintf(w, `{"status":"success","data":{"resultType":%q,"result":[%s]}}`, kind, result)
	}
}

// A server may keep native histograms alone, or not know what they are.
func TestNativeHistogramsAreAsGoodAsClassicOnes(t *testing.T) {
	for _, knows := range []bool{true, false} {
		all := figures("1")
		place := serve(t, func(w http.ResponseWriter, r *http.Request) {
			query := r.URL.Query().Get("query")
			switch {
			case strings.Contains(query, "_bucket{") || strings.Contains(query, "_count{"):
				fmt.Fprint(w, `{"status":"success","data":{"resultType":"matrix","result":[]}}`)
			case strings.Contains(query, "histogram_count") && !knows:
				w.WriteHeader(http.StatusBadRequest)
				fmt.Fprint(w, `{"status":"error","errorType":"bad_data","error":"unknown function"}`)
			default:
				all(w, r)
			}
		})
		code, out, fault := call(nil, "compare", "-prometheus", place, "-canary", `track="canary"`, "-stable", `track="stable"`)
		if code != 0 || strings.Contains(out, "CPU per request") != knows || strings.Contains(out, "Requests are not counted") == knows {
			t.Errorf("a server that knows them, %v, ends with %d:\n%s%s", knows, code, out, fault)
		}
	}
}

// A recording rule or a federated series may hold anything.
func TestPrometheusMayAnswerAnyFigure(t *testing.T) {
	for value, verdict := range map[string]int{"1": 0, "1e308": 2, "-1e308": 2, "5e-324": 2, "-3": 2, "NaN": 2, "+Inf": 2} {
		code, out, fault := call(nil, "compare", "-json", "-prometheus", serve(t, figures(value)), "-canary", `track="canary"`, "-stable", `track="stable"`)
		var r compare.Result
		err := json.Unmarshal([]byte(out), &r)
		if none := strings.Contains(fault, "none of the figures"); code != verdict || err != nil && !none {
			t.Errorf("%s: ends with %d, %v\n%s%s", value, code, err, out, fault)
		}
	}
}

// What helps with a service does not help with Prometheus.
func TestFaultsOfPrometheusAreClear(t *testing.T) {
	status := func(code int) string {
		return serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) })
	}
	for words, place := range map[string]string{
		"set GOVITALS_PROMETHEUS_TOKEN": status(http.StatusUnauthorized),
		"is seen by all users":          "http://me:geheim@127.0.0.1:1/",
		"what comes before /api/v1":     status(http.StatusNotFound),
	} {
		code, _, fault := call(nil, "compare", "-prometheus", place, "-canary", `track="canary"`, "-stable", `track="stable"`)
		if code != 2 || !strings.Contains(fault, words) || strings.Contains(fault, "GOVITALS_TOKEN") || strings.Contains(fault, "/debug/vitals") {
			t.Errorf("%s: ends with %d, want %q\n%s", place, code, words, fault)
		}
	}
}

func TestSidesOfPrometheusMustDiffer(t *testing.T) {
	place := serve(t, figures("1"))
	for stable, words := range map[string]string{
		`job="app"`: "100 targets in common", `{job="app"}`: "100 targets in common", ` job="app",`: "100 targets in common",
		"": "-stable is", "{}": "-stable is", "track": "-stable is",
	} {
		if code, _, fault := call(nil, "compare", "-prometheus", place, "-canary", `job="app"`, "-stable", stable); code != 2 || !strings.Contains(fault, words) {
			t.Errorf("%q beside job=\"app\" ends with %d, want %q: %s", stable, code, words, fault)
		}
	}
}

// A metric may be among the largest of the canary, and not of the stable side.
func TestFewSeriesOfTheStableSideAreCounted(t *testing.T) {
	all := figures("1")
	place := serve(t, func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query().Get("query")
		if !strings.Contains(query, "count by (__name__)") {
			all(w, r)
			return
		}
		rows := []string{`{"metric":{"__name__":"large"},"value":[1,"90000"]}`, `{"metric":{"__name__":"requests"},"value":[1,"14000"]}`}
		if strings.Contains(query, "canary") {
			rows[1] = `{"metric":{"__name__":"requests"},"value":[1,"99000"]}`
		} else if strings.HasPrefix(query, "topk") {
			rows = rows[:1] // a server with more metrics would cut it off
		}
		fmt.Fprintf(w, `{"status":"success","data":{"resultType":"vector","result":[%s]}}`, strings.Join(rows, ","))
	})
	_, out, fault := call(nil, "compare", "-json", "-prometheus", place, "-canary", `track="canary"`, "-stable", `track="stable"`)
	var r compare.Result
	if err := json.Unmarshal([]byte(out), &r); err != nil || len(r.Labels) != 1 || r.Labels[0].Canary != 990 || r.Labels[0].Stable != 140 {
		t.Errorf("%v: labels are %+v, want 990 against 140 for each of a hundred instances\n%s", err, r.Labels, fault)
	}
}
