// Spike is the incident of a heap that was too small for an evening.
//
//	go run ./examples/incidents/spike
package main

import (
	"context"
	"runtime/debug"
	"time"

	"github.com/govitals/govitals/examples/incidents/internal/incident"
	"github.com/govitals/govitals/vitals"
)

func main() {
	incident.Tell(incident.Story{
		Title: "The evening on which the database was blamed",
		Told: `A chat server fell over on a busy evening. Its queries took seconds, so the
database was made larger, and it fell over again. The queries had waited for the
processor, which the garbage collector had: what was alive filled nine tenths of
the memory limit, and what is alive cannot be collected.`,
		Fix:    "The limit leaves room for what is alive.",
		Broken: func(ctx context.Context, _ *vitals.Vitals) error { return chat(ctx, 64<<20) },
		Fixed:  func(ctx context.Context, _ *vitals.Vitals) error { return chat(ctx, 512<<20) },
		Named:  incident.Named{Signal: "heap", Names: []string{"limit of 64.0 MiB"}},
	})
}

// session is what the server keeps of each user who is logged in.
type session struct {
	next    *session
	history [2000]byte
}

func chat(ctx context.Context, limit int64) error {
	debug.SetMemoryLimit(limit)
	var online *session
	for range 29_500 { // about 58 MiB
		online = &session{next: online}
	}
	for ctx.Err() == nil {
		for range 200 {
			online.say(make([]byte, 4<<10))
		}
		query()
	}
	return nil
}

// say puts the beginning of a message into the history.
func (s *session) say(message []byte) { copy(s.history[:], message) }

// query asks the database, which answers at once.
func query() { time.Sleep(time.Millisecond) }
