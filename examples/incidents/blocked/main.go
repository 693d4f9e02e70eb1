// Blocked is the incident of one long call that kept everything waiting.
//
//	go run ./examples/incidents/blocked
package main

import (
	"context"
	"runtime"
	"sync"
	"time"

	"github.com/govitals/govitals/examples/incidents/internal/incident"
	"github.com/govitals/govitals/vitals"
)

func main() {
	incident.Tell(incident.Story{
		Title: "The export that stopped the clock",
		Told: `Now and then every request took a second longer, whatever it asked for. An
export copied its snapshot in one piece on every processor at once, and a copy
cannot be interrupted: nothing else ran meanwhile. The clock of the processes
that were asked showed nothing.`,
		Fix:    "The snapshot is copied in pieces, between which others run.",
		Config: vitals.Config{StallThreshold: 100 * time.Millisecond},
		Broken: func(ctx context.Context, _ *vitals.Vitals) error { return export(ctx, inOnePiece) },
		Fixed:  func(ctx context.Context, _ *vitals.Vitals) error { return export(ctx, inPieces) },
		Named:  incident.Named{Signal: "eventloop", Names: []string{"nonpreemptible"}},
	})
}

const (
	snapshotBytes = 128 << 20
	customers     = 32 // get a copy of the same snapshot each
	piece         = 64 << 10
)

// export makes the copies now and then, on all processors.
func export(ctx context.Context, copyAll func(to, from []byte)) error {
	workers := runtime.GOMAXPROCS(0)
	data := make([]byte, snapshotBytes)
	out := make([]byte, snapshotBytes)
	for ctx.Err() == nil {
		var group sync.WaitGroup
		for i := range workers {
			from, to := i*len(data)/workers, (i+1)*len(data)/workers
			group.Go(func() { copyAll(out[from:to], data[from:to]) })
		}
		group.Wait()
		time.Sleep(500 * time.Millisecond)
	}
	return nil
}

// inOnePiece is how it was: a copy cannot be preempted, and neither can a loop of
// nothing but copies.
func inOnePiece(to, from []byte) {
	for range customers {
		copy(to, from)
	}
}

func inPieces(to, from []byte) {
	for range customers {
		for at := 0; at < len(to); at += piece {
			copy(to[at:min(at+piece, len(to))], from[at:])
			runtime.Gosched()
		}
	}
}
