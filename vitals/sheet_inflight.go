package vitals

import (
	"fmt"
	"net/http"
	"time"

	"github.com/govitals/govitals/internal/text"
	"github.com/govitals/govitals/watch"
)

// requester is what lists requests that run, as watch.InFlight does: without query
// and with ids replaced.
type requester interface{ Requests(n int) []watch.Request }

func (v *Vitals) serveInFlight(w http.ResponseWriter, r *http.Request) {
	v.serveSheet(w, r, sheetPage{key: "inflight", make: func() (*sheet, error) { return v.inFlightSheet(), nil }})
}

func (v *Vitals) inFlightSheet() *sheet {
	s := &sheet{At: time.Now(), Title: "Requests in flight"}
	found := partsOf[requester](v)
	if len(found) == 0 {
		s.say("Nobody watches requests: put watch.NewInFlight around the server's handler, and give it to Vitals.Add.")
		return s
	}
	total := 0
	for i, part := range found {
		t := Table{Title: "The oldest first", Columns: []string{"path", "method", "runs for", "client"}}
		if len(found) > 1 {
			t.Title = fmt.Sprintf("Part %d, the oldest first", i+1)
		}
		v.safely("Requests", part, func() {
			for _, request := range part.Requests(sheetRows) {
				t.Rows = append(t.Rows, requestRow(request))
			}
		})
		total += len(t.Rows)
		s.add(t, "")
	}
	if total == 0 {
		s.say("None runs at the moment.")
		return s
	}
	s.say("%s, up to %d for each part.", text.Count(total, "request"), sheetRows)
	s.note("Paths are without query, and with ids replaced by their kind.")
	return s
}

func requestRow(r watch.Request) []string {
	client := "waits"
	switch {
	case r.Orphaned:
		client = "left " + text.Duration(r.Left) + " ago, and the request goes on"
	case r.Left > 0:
		client = "left " + text.Duration(r.Left) + " ago"
	}
	return []string{cut(r.Path), r.Method, text.Duration(r.Age), client}
}
