// Grown is the incident that was none: the data had grown.
//
//	go run ./examples/incidents/grown
package main

import (
	"context"
	"sync"
	"time"

	"github.com/govitals/govitals/examples/incidents/internal/incident"
	"github.com/govitals/govitals/vitals"
	"github.com/govitals/govitals/watch"
)

func main() {
	incident.Tell(incident.Story{
		Title: "The leak that was a customer",
		Told: `Memory was three times what it had been at the start of the year, and a leak was
hunted for a week. There was none: a customer had tripled the catalogue. What
helps then is a larger machine, or a catalogue that is kept elsewhere.`,
		Fix:    "The catalogue in memory is bounded; the rest is looked up.",
		Broken: func(ctx context.Context, v *vitals.Vitals) error { return serve(ctx, v, 1<<30) },
		Fixed:  func(ctx context.Context, v *vitals.Vitals) error { return serve(ctx, v, entriesAtStart) },
		Named:  incident.Named{Signal: "state", Names: []string{"DATA GREW", "catalogue", "bytes per entry flat"}},
	})
}

const (
	entriesAtStart = 2000
	entryBytes     = 1 << 10
)

// catalogue is what the service holds for its customers.
type catalogue struct {
	mu      sync.Mutex
	entries [][]byte
	most    int
}

// grow takes in new entries, as far as there is room.
func (c *catalogue) grow(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for range min(n, c.most-len(c.entries)) {
		c.entries = append(c.entries, make([]byte, entryBytes))
	}
}

func (c *catalogue) size() (entries int, bytes int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.entries), int64(len(c.entries)) * entryBytes
}

func serve(ctx context.Context, v *vitals.Vitals, most int) error {
	c := &catalogue{most: most}
	c.grow(entriesAtStart)
	state := watch.NewState("catalogue", 3*time.Second, c.size)
	if err := state.Start(ctx); err != nil {
		return err
	}
	defer state.Close()
	v.Add(state)
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			entries, _ := c.size()
			c.grow(1 + entries/60)
		}
	}
}
