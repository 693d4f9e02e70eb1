// Threads is the incident of a task that started a thread each time it ran.
//
//	go run ./examples/incidents/threads
package main

import (
	"context"
	"runtime"
	"time"

	"github.com/govitals/govitals/examples/incidents/internal/incident"
	"github.com/govitals/govitals/vitals"
)

func main() {
	incident.Tell(incident.Story{
		Title: "A thread for each run",
		Told: `A task that runs again and again locked a thread for a library that needs one,
and never let it go. Memory outside of Go grew, and one day the system had no
thread left to give.`,
		Fix:    "One goroutine has the thread and does all the runs.",
		Broken: threadPerRun,
		Fixed:  oneThread,
		Named:  incident.Named{Signal: "threads", Names: []string{"main.render"}},
	})
}

const every = 50 * time.Millisecond

// threadPerRun is how it was.
func threadPerRun(ctx context.Context, _ *vitals.Vitals) error {
	for ctx.Err() == nil {
		go render(ctx)
		time.Sleep(every)
	}
	return nil
}

// render keeps the thread that the library is bound to.
func render(ctx context.Context) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	draw()
	<-ctx.Done()
}

func oneThread(ctx context.Context, _ *vitals.Vitals) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for ctx.Err() == nil {
		draw()
		time.Sleep(every)
	}
	return nil
}

// draw is what the library does.
func draw() { time.Sleep(time.Millisecond) }
