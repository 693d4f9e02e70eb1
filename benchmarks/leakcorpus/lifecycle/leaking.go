package main

import (
	"bufio"
	"context"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// application is what a process refers to for all its life.
type application struct {
	sync.Mutex

	ctx         context.Context
	cancels     []context.CancelFunc
	subscribers []chan string
	queue       chan int
	changed     *sync.Cond
	settings    sync.Mutex
	healthy     atomic.Bool
	reports     atomic.Int64
	kept        []any
}

var app = newApplication()

func newApplication() *application {
	a := &application{queue: make(chan int, 1)}
	a.changed = sync.NewCond(&a.Mutex)
	var cancel context.CancelFunc
	a.ctx, cancel = context.WithCancel(context.Background())
	a.cancels = append(a.cancels, cancel)
	return a
}

// keep makes the process refer to something.
func keep(v any) {
	app.Lock()
	defer app.Unlock()
	app.kept = append(app.kept, v)
}

// reportForEver is the job that each call starts anew.
func reportForEver() {
	go func() {
		for range time.Tick(10 * time.Millisecond) {
			app.reports.Add(1)
		}
	}()
}

func subscribe() {
	messages := make(chan string)
	app.Lock()
	app.subscribers = append(app.subscribers, messages)
	app.Unlock()
	go func() {
		for range messages {
			app.reports.Add(1)
		}
	}()
}

// followContext never calls cancel, and the parent lives on.
func followContext() {
	ctx, cancel := context.WithCancel(app.ctx)
	app.Lock()
	app.cancels = append(app.cancels, cancel)
	app.Unlock()
	go func() {
		select {
		case <-ctx.Done():
		case <-time.After(time.Hour):
		}
	}()
}

func startWorkers() {
	jobs := make(chan func())
	keep(jobs)
	for range 4 {
		go func() {
			for job := range jobs {
				job()
			}
		}()
	}
	done := make(chan struct{})
	jobs <- func() { close(done) }
	<-done
}

// produce sends to a queue whose consumer has ended.
func produce() {
	for i := range 3 {
		go func() { app.queue <- i }()
	}
}

func waitForCondition() {
	go func() {
		app.Lock()
		defer app.Unlock()
		app.changed.Wait()
	}()
}

// waitForMutex returns early, and forgets to unlock.
func waitForMutex() {
	app.settings.TryLock()
	go func() {
		app.settings.Lock()
		defer app.settings.Unlock()
		app.reports.Add(1)
	}()
}

func retryForEver() {
	go func() {
		for !app.healthy.Load() {
			time.Sleep(20 * time.Millisecond)
		}
	}()
}

func readPipe() {
	r, w, err := os.Pipe()
	if err != nil {
		panic(err)
	}
	keep(w)
	keep(r)
	go func() {
		for lines := bufio.NewScanner(r); lines.Scan(); {
			app.reports.Add(1)
		}
	}()
}

// watchSignals calls signal.Notify and never signal.Stop.
func watchSignals() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGHUP)
	go func() {
		for range signals {
			app.reports.Add(1)
		}
	}()
}
