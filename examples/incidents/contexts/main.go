// Contexts is the incident of a chain of contexts that grew a link each run.
//
//	go run ./examples/incidents/contexts
package main

import (
	"context"
	"time"

	"github.com/govitals/govitals/examples/incidents/internal/incident"
	"github.com/govitals/govitals/vitals"
)

func main() {
	incident.Tell(incident.Story{
		Title: "The chain of contexts",
		Told: `Twin of the thread for each run: here the number of goroutines was flat, and no
count of anything rose. Each run put its resources into the context that it had
from the run before, so the newest context held all that ever were.`,
		Fix:    "Each run derives its context from the first one.",
		Broken: chained,
		Fixed:  derived,
		Named:  incident.Named{Signal: "heap", Names: []string{"main.withSession"}},
	})
}

const every = 5 * time.Millisecond

type sessionKey struct{}

// withSession gives a run the resources it works with.
func withSession(ctx context.Context) context.Context {
	session := make([]byte, 16<<10)
	return context.WithValue(ctx, sessionKey{}, session)
}

// chained is how it was.
func chained(ctx context.Context, _ *vitals.Vitals) error {
	current := ctx
	for ctx.Err() == nil {
		current = withSession(current)
		run(current)
	}
	return nil
}

func derived(ctx context.Context, _ *vitals.Vitals) error {
	for ctx.Err() == nil {
		run(withSession(ctx))
	}
	return nil
}

// run works with the session and leaves garbage, as services do.
func run(ctx context.Context) {
	session, _ := ctx.Value(sessionKey{}).([]byte)
	scratch = make([]byte, 4*len(session))
	copy(scratch, session)
	time.Sleep(every)
}

var scratch []byte
