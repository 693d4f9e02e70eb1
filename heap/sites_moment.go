package heap

import (
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/govitals/govitals/internal/memprof"
	"github.com/govitals/govitals/internal/ringdir"
)

// baselineID names the baseline.
const baselineID = "baseline"

// moment is one that a difference can count from.
type moment struct {
	ID string    `json:"id"`
	At time.Time `json:"at"`
}

// String is the ID and, for people, the time.
func (m moment) String() string { return m.ID + " (" + m.At.Format(time.RFC3339) + ")" }

// cycleID names a reading by how many garbage collections had ended by then.
func cycleID(cycles uint64) string { return "c" + strconv.FormatUint(cycles, 10) }

// momentOf returns the name of a reading in the history. One that was replayed has
// none.
func momentOf(m memprof.Moment) moment {
	if m.Cycle == 0 {
		return moment{At: m.At}
	}
	return moment{ID: cycleID(m.Cycle - 1), At: m.At} // see Sites.step
}

// moments returns what a difference can count from: the baseline, and the readings
// in the history that have a name, the oldest first.
func (s *Sites) moments() []moment {
	s.mu.Lock()
	base, kept := s.base, s.tracker.Total().Kept()
	s.mu.Unlock()
	moments := []moment{base}
	for _, m := range kept {
		moments = append(moments, momentOf(m))
	}
	return slices.DeleteFunc(moments, func(m moment) bool { return m.ID == "" })
}

// baseAt is when the baseline was taken, the zero time without one.
func (s *Sites) baseAt() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.base.At
}

// momentIDs lists the IDs of moments.
func momentIDs(moments []moment) string {
	ids := make([]string, len(moments))
	for i, m := range moments {
		ids[i] = m.ID
	}
	return strings.Join(ids, ", ")
}

// origin is what a difference is to count from: the reading with an ID, or else
// the latest one that is not after a time. The zero origin is the baseline.
type origin struct {
	id string
	at time.Time
}

func (o origin) isBaseline() bool { return o == origin{} }

// find returns the index of a reading, -1 if it is not kept.
func (o origin) find(kept []memprof.Moment) int {
	for i, m := range slices.Backward(kept) {
		if o.id != "" && momentOf(m).ID == o.id || o.id == "" && !m.At.After(o.at) {
			return i
		}
	}
	return -1
}

// unknown says what is not kept, and what is.
func (o origin) unknown(moments []moment) error {
	there := make([]string, len(moments))
	for i, m := range moments {
		there[i] = m.String()
	}
	what := o.id
	switch {
	case ringdir.IsID(o.id):
		what += fmt.Sprintf(" (that is a capture: go tool pprof -base 'http://HOST/debug/heap?capture=%s' http://HOST/debug/heap)", o.id)
	case o.id == "":
		what = "from before " + o.at.Format(time.RFC3339)
	}
	return missing(fmt.Sprintf("heap: Sites: no reading %s is kept; there are %s", what, strings.Join(there, ", ")))
}

// missing is an error about something that does not exist, or no longer.
type missing string

func (m missing) Error() string { return string(m) }

// Is makes it an fs.ErrNotExist without the words of that.
func (m missing) Is(target error) bool { return target == fs.ErrNotExist }
