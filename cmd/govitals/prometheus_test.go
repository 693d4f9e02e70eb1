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

// answering is the API of a Prometheus in which all figures have one value.
func answering(t *testing.T, value string) string {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
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
		}
		fmt.Fprintf(w, `{"status":"success","data":{"resultType":%q,"result":[%s]}}`, kind, result)
	})
}

// A recording rule or a federated series may hold anything.
func TestPrometheusMayAnswerAnyFigure(t *testing.T) {
	for value, verdict := range map[string]int{"1": 0, "1e308": 2, "-1e308": 2, "5e-324": 2, "-3": 2, "NaN": 2, "+Inf": 2} {
		code, out, fault := call(nil, "compare", "-json", "-prometheus", answering(t, value), "-canary", `track="canary"`, "-stable", `track="stable"`)
		var r compare.Result
		err := json.Unmarshal([]byte(out), &r)
		if none := strings.Contains(fault, "none of the figures"); code != verdict || err != nil && !none {
			t.Errorf("%s: ends with %d, %v\n%s%s", value, code, err, out, fault)
		}
	}
}
