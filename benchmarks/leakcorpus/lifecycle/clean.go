package main

import (
	"context"
	"sync"
	"time"
)

// startWorkersOnce is a pool of workers for the whole process.
var startWorkersOnce = sync.OnceValue(func() chan<- func() {
	jobs := make(chan func())
	for range 4 {
		go func() {
			for job := range jobs {
				job()
			}
		}()
	}
	return jobs
})

func usePool() {
	var done sync.WaitGroup
	for range 10 {
		done.Add(1)
		startWorkersOnce() <- done.Done
	}
	done.Wait()
}

var startTickerOnce = sync.OnceFunc(func() {
	go func() {
		for range time.Tick(10 * time.Millisecond) {
			app.reports.Add(1)
		}
	}()
})

func useTicker() { startTickerOnce() }

// pending is a queue whose worker waits for a condition.
var pending struct {
	sync.Mutex

	changed *sync.Cond
	jobs    []func()
}

var startPendingOnce = sync.OnceFunc(func() {
	pending.changed = sync.NewCond(&pending.Mutex)
	go func() {
		pending.Lock()
		for {
			for _, job := range pending.jobs {
				job()
			}
			pending.jobs = nil
			pending.changed.Wait()
		}
	}()
})

func useCondition() {
	startPendingOnce()
	done := make(chan struct{})
	pending.Lock()
	pending.jobs = append(pending.jobs, func() { close(done) })
	pending.changed.Signal()
	pending.Unlock()
	<-done
}

// watchSettingsOnce waits for a context that lives as long as the process.
var watchSettingsOnce = sync.OnceFunc(func() {
	reload := make(chan struct{})
	keep(reload)
	go func() {
		for {
			select {
			case <-reload:
				app.reports.Add(1)
			case <-time.After(time.Minute):
			}
		}
	}()
})

func useSingleton() { watchSettingsOnce() }

// parkOnce keeps a goroutine that holds something on its stack.
var parkOnce = sync.OnceFunc(func() {
	go func() { select {} }()
})

func useParked() { parkOnce() }

// exitAfter600ms is a server that shuts down in the background.
func exitAfter600ms() { go time.Sleep(600 * time.Millisecond) }

func drainFor450ms() {
	items := make(chan int, 9)
	for i := range cap(items) {
		items <- i
	}
	close(items)
	go func() {
		for range items {
			time.Sleep(50 * time.Millisecond)
		}
	}()
}

func fireTimers() {
	for i := range 20 {
		time.AfterFunc(time.Duration(i)*5*time.Millisecond, func() { time.Sleep(time.Millisecond) })
	}
}

// useShrinkingPool starts workers that end when they have been idle.
func useShrinkingPool() {
	jobs := make(chan func())
	var done sync.WaitGroup
	for range 8 {
		go func() {
			for idle := false; !idle; {
				select {
				case job := <-jobs:
					job()
				case <-time.After(200 * time.Millisecond):
					idle = true
				}
			}
		}()
		done.Add(1)
		jobs <- done.Done
	}
	done.Wait()
}

// cancelGroup does not wait for those that it tells to end.
func cancelGroup() {
	ctx, cancel := context.WithCancel(app.ctx)
	defer cancel()
	for range 10 {
		go func() {
			<-ctx.Done()
			time.Sleep(time.Millisecond) // cleans up
		}()
	}
}
