package cardinality

import (
	"strings"
	"sync/atomic"
	"unicode/utf8"
)

// maxLabels is how many labels a mask has bits for.
const maxLabels = 64

// label is what the guard knows of one label.
type label struct {
	name      string
	allow     map[string]struct{} // nil = every value
	normalize func(string) string // nil = as it is
	maxLen    int
	limit     int            // of MaxValues, 0 = none
	optional  bool           // "" means that a set does not have the label
	ready     atomic.Bool    // of an optional label: the fields above are set
	absent    uint64         // the hash of "" of an optional label
	known     hashSet        // values with a set, where there is a limit
	refs      map[uint64]int // how many sets each of them has
	reserved  int            // of the limit, for sets that were promised a place

	distinct atomic.Pointer[hll] // nil as long as the sets can be counted
	novelty  float64             // share of new values among the latest misses
	trip     *tripped            // nil = not tripped
}

// newLabels returns the labels with what the options say about each.
func newLabels(names []string, s *settings) []*label {
	labels := make([]*label, max(len(names), s.openLabels))
	for i := range labels {
		labels[i] = &label{maxLen: s.maxValueLen, optional: s.openLabels > 0}
		if i < len(names) {
			labels[i].call(names[i], s)
		}
	}
	return labels
}

// call gives a label its name, and what the options say about it.
func (l *label) call(name string, s *settings) {
	l.name, l.allow, l.normalize, l.limit = name, s.allow[name], s.normalize[name], s.maxValues[name]
	if l.limit > 0 {
		l.refs = map[uint64]int{}
	}
}

// isPlain reports whether values are taken as they are.
func (l *label) isPlain() bool { return l.name != "" && l.normalize == nil && l.allow == nil }

// canonical returns the value that is looked up for one that came from outside.
// admissible is false if the label has to show the marker instead, misused is true
// if the value is not what a label may hold.
func (l *label) canonical(value string) (canonical string, admissible, misused bool) {
	if l.optional && (value == "" || !l.ready.Load()) {
		return "", true, value != ""
	}
	if len(value) > l.maxLen {
		return "", false, true
	}
	if l.normalize != nil {
		rewritten, ok := l.rewrite(value)
		if !ok || len(rewritten) > l.maxLen {
			return "", false, true
		}
		value = rewritten
	}
	if !utf8.ValidString(value) {
		value, misused = strings.ToValidUTF8(value, "\uFFFD"), true
		if len(value) > l.maxLen { // U+FFFD takes three bytes
			return "", false, true
		}
	}
	if l.allow != nil {
		if _, ok := l.allow[value]; !ok {
			return value, false, misused
		}
	}
	return value, true, misused
}

// rewrite calls the user's function; ok is false if it panicked.
func (l *label) rewrite(value string) (rewritten string, ok bool) {
	defer func() {
		if !ok {
			_ = recover()
		}
	}()
	return l.normalize(value), true
}

// open reports whether the label has room for one more value. What is reserved is
// for those who were promised a place.
func (l *label) open(promised bool) bool {
	taken := len(l.refs)
	if !promised {
		taken += l.reserved
	}
	return l.limit == 0 || taken < l.limit
}

// ref notes one more set with a value, unref one less.
func (l *label) ref(hash uint64) {
	if l.limit == 0 || hash == l.absent {
		return
	}
	if l.refs[hash]++; l.refs[hash] == 1 {
		l.known.add(hash)
	}
}

func (l *label) unref(hash uint64) {
	if l.limit == 0 || hash == l.absent {
		return
	}
	if l.refs[hash]--; l.refs[hash] == 0 {
		delete(l.refs, hash)
		l.known.remove(hash)
	}
}
