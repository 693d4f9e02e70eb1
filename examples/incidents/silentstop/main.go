// Silentstop is the incident of a refresh that stopped and told nobody.
//
//	go run ./examples/incidents/silentstop
package main

import (
	"context"
	"time"

	"github.com/govitals/govitals/examples/incidents/internal/incident"
	"github.com/govitals/govitals/vitals"
	"github.com/govitals/govitals/watch"
)

func main() {
	incident.Tell(incident.Story{
		Title: "The refresh that had stopped for two months",
		Told: `A service loads its prices anew again and again. One day the source answered
with something that the loop did not expect, and the goroutine ended. Nothing
failed: requests were answered, from prices that grew older every day.
Somebody noticed after two months.`,
		Fix:    "The panic is left to watch.Job: the loop survives it, and the next run succeeds.",
		Broken: refreshUntilPanic,
		Fixed:  refresh,
		Named:  incident.Named{Signal: "jobs", Names: []string{"JOB STOPPED", "prices"}},
	})
}

// newJob waits longer than for one run that fails: the next one comes a second after the
// last success, and later on a busy machine.
func newJob() *watch.Job {
	return watch.NewJob(watch.JobConfig{Name: "prices", Every: time.Second / 2, Grace: 4 * time.Second})
}

// prices is what is loaded. The third answer of the source is a surprise.
type prices struct {
	loads int
	bySKU map[string]int
}

func (p *prices) load(context.Context) error {
	p.loads++
	var answer map[string]int
	if p.loads != 3 {
		answer = map[string]int{}
	}
	answer["apple"] = p.loads // panics where there was no answer
	p.bySKU = answer
	return nil
}

// refreshUntilPanic is how it was: whoever caught the panic ended the loop.
func refreshUntilPanic(ctx context.Context, v *vitals.Vitals) error {
	job, p := newJob(), new(prices)
	v.Add(job)
	loop, end := context.WithCancel(ctx)
	err := job.Run(loop, func(ctx context.Context) error {
		defer func() {
			if recover() != nil {
				end()
			}
		}()
		return p.load(ctx)
	})
	<-ctx.Done() // the service went on
	return err
}

func refresh(ctx context.Context, v *vitals.Vitals) error {
	job, p := newJob(), new(prices)
	v.Add(job)
	return job.Run(ctx, p.load)
}
