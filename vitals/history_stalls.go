package vitals

import (
	"cmp"
	"slices"
	"time"

	"github.com/govitals/govitals/eventloop"
)

// maxStallNotes bounds what is remembered of stalls one by one.
const maxStallNotes = 64

// stallNote says that stalls of one cause ended between two steps of the history.
type stallNote struct {
	From, To time.Time
	Cause    eventloop.Cause
	Count    uint64
	Total    time.Duration // of all of them
	Longest  time.Duration // of what waited in that time, whatever the cause
}

// stallLog remembers the latest stalls, the newest last. It has the lock of its
// history.
type stallLog struct{ notes []stallNote }

// see notes by how much the counts of stalls rose.
func (l *stallLog) see(before, now, window eventloop.Snapshot) {
	var news []stallNote
	for cause, count := range now.Stalls {
		earlier := before.Stalls[cause]
		if count.Count <= earlier.Count {
			continue
		}
		news = append(news, stallNote{
			From: before.At, To: now.At, Cause: cause, Count: count.Count - earlier.Count,
			Total: time.Duration((count.Seconds - earlier.Seconds) * float64(time.Second)), Longest: window.Max,
		})
	}
	slices.SortFunc(news, func(a, b stallNote) int { return cmp.Compare(a.Cause, b.Cause) })
	l.notes = append(l.notes, news...)
	if over := len(l.notes) - maxStallNotes; over > 0 {
		l.notes = slices.Delete(l.notes, 0, over)
	}
}

// stallNotes returns them, the newest first.
func (h *panelHistory) stallNotes() []stallNote {
	h.mu.Lock()
	defer h.mu.Unlock()
	notes := slices.Clone(h.stalls.notes)
	slices.Reverse(notes)
	return notes
}
