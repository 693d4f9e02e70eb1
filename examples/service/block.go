package main

import (
	"context"
	"runtime"
	"runtime/debug"
	"sync"
	"time"
)

// The ways in which -block can keep the service from running.
const (
	blockNone = "none"
	blockCPU  = "cpu"
	blockCopy = "copy"
	blockGC   = "gc"
)

var blocks = []string{blockNone, blockCPU, blockCopy, blockGC}

const (
	// blockEvery is the time from one disturbance to the next, blockFor how long one
	// lasts, if it is not over before.
	blockEvery = 3 * time.Second
	blockFor   = time.Second
	// catalogueBytes is what is copied at once, priceLevels the depth of the tree of
	// prices that the collector has to go through.
	catalogueBytes = 256 << 20
	priceLevels    = 22
	// blockStall is the length from which on it counts as a stall here: the
	// collector's are short.
	blockStall = 20 * time.Millisecond
)

// blocker is the defect that -block plants: now and then something keeps all
// processors, and requests wait.
type blocker struct {
	kind      string
	catalogue []byte
	copies    [][]byte
	prices    *price
}

// run blocks again and again until ctx ends.
func (b *blocker) run(ctx context.Context) {
	if b.kind == blockNone {
		return
	}
	b.prepare()
	ticker := time.NewTicker(blockEvery)
	defer ticker.Stop()
	for {
		b.block(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// prepare takes the memory that the defect needs.
func (b *blocker) prepare() {
	n := runtime.GOMAXPROCS(0)
	switch b.kind {
	case blockCopy:
		b.catalogue = touched(catalogueBytes)
		for range n {
			b.copies = append(b.copies, touched(catalogueBytes/n))
		}
	case blockGC:
		b.prices = newPrices(priceLevels)
	}
}

// touched returns memory that is there, and not only promised.
func touched(n int) []byte {
	b := make([]byte, n)
	for i := 0; i < n; i += 4096 {
		b[i] = 1
	}
	return b
}

func (b *blocker) block(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, blockFor)
	defer cancel()
	n := runtime.GOMAXPROCS(0)
	switch b.kind {
	case blockCPU:
		alongside(8*n, func(int) { countPrimes(ctx) })
	case blockCopy:
		alongside(len(b.copies), func(i int) { b.copyCatalogue(i) })
	case blockGC:
		defer debug.SetGCPercent(debug.SetGCPercent(5))
		alongside(2*n, func(int) { quote(ctx) })
	}
}

func alongside(n int, run func(i int)) {
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() { run(i) })
	}
	group.Wait()
}

// countPrimes does with a goroutine for each request what there are processors for
// a few of.
func countPrimes(ctx context.Context) (primes int) {
	for n := 2; ctx.Err() == nil; n++ {
		for d := 2; ; d++ {
			if d*d > n {
				primes++
				break
			}
			if n%d == 0 {
				break
			}
		}
	}
	return primes
}

// copyCatalogue copies more at once than it should: a copy cannot be preempted, and
// neither can a loop of nothing but copies.
func (b *blocker) copyCatalogue(i int) {
	part := b.catalogue[i*len(b.copies[i]):]
	for range 16 {
		copy(b.copies[i], part)
	}
	publish(b.copies[i])
}

var published struct {
	sync.Mutex
	sum int
}

// publish tells how much was copied.
func publish(catalogue []byte) {
	published.Lock()
	defer published.Unlock()
	published.sum += len(catalogue)
}

// price is an entry of a tree that is all pointers.
type price struct{ cheaper, dearer *price }

func newPrices(levels int) *price {
	if levels == 0 {
		return nil
	}
	return &price{newPrices(levels - 1), newPrices(levels - 1)}
}

// quote makes garbage faster than the collector likes.
func quote(ctx context.Context) {
	for ctx.Err() == nil {
		newPrices(10)
	}
}
