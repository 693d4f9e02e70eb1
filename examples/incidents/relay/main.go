// Relay is the incident of a herd that asked for the same thing at once.
//
//	go run ./examples/incidents/relay
package main

import (
	"context"
	"runtime/debug"
	"sync"
	"time"

	"github.com/govitals/govitals/examples/incidents/internal/incident"
	"github.com/govitals/govitals/singleflight"
	"github.com/govitals/govitals/vitals"
)

func main() {
	incident.Tell(incident.Story{
		Title: "The relay that loaded everything forty times",
		Told: `A relay hands large documents on to its clients. When one was published, all
clients asked for it at once, the relay loaded it once for each of them, and ran
out of memory with forty copies of the same bytes.`,
		Fix:    "singleflight.Group loads it once and gives the same bytes to all.",
		Broken: func(ctx context.Context, v *vitals.Vitals) error { return relay(ctx, loadForEach) },
		Fixed:  coalesced,
		Named:  incident.Named{Signal: "heap", Names: []string{"limit of 256 MiB"}},
	})
}

const (
	documentBytes = 8 << 20
	clients       = 40
)

// load gets a document from an origin that takes its time.
func load(ctx context.Context) ([]byte, error) {
	document := make([]byte, documentBytes)
	for i := 0; i < len(document); i += 4096 {
		document[i] = 1
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(300 * time.Millisecond):
		return document, nil
	}
}

// loadForEach is how it was.
func loadForEach(ctx context.Context, _ string) ([]byte, error) { return load(ctx) }

func coalesced(ctx context.Context, v *vitals.Vitals) error {
	group := singleflight.New[string, []byte](singleflight.Config[string, []byte]{Name: "documents", Reuse: time.Second})
	defer group.Close()
	v.Add(group)
	return relay(ctx, func(ctx context.Context, name string) ([]byte, error) {
		document, _, err := group.Do(ctx, name, load)
		return document, err
	})
}

// relay serves herd after herd.
func relay(ctx context.Context, get func(context.Context, string) ([]byte, error)) error {
	debug.SetMemoryLimit(256 << 20)
	for ctx.Err() == nil {
		var herd sync.WaitGroup
		for range clients {
			herd.Go(func() {
				if document, err := get(ctx, "news"); err == nil {
					send(ctx, document)
				}
			})
		}
		herd.Wait()
	}
	return nil
}

// send writes to a client that reads slowly.
func send(ctx context.Context, document []byte) {
	select {
	case <-ctx.Done():
	case <-time.After(200*time.Millisecond + time.Duration(document[0])):
	}
}
