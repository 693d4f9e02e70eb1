// Command lifecycle is programs of two kinds: such as leak goroutines in a way
// that no garbage collector can prove, since something alive still refers to
// what they wait for; and clean ones that keep goroutines on purpose, or whose
// goroutines are slow to end.
package main

import (
	"maps"

	"github.com/govitals/govitals/benchmarks/leakcorpus/judge"
)

func main() {
	programs := map[string]func(){}
	maps.Copy(programs, leaking)
	maps.Copy(programs, clean)
	judge.Main(programs)
}

// leaking and clean say by their names what a program is: see the table of
// TestLeakcheckTable.
var (
	leaking = prefixed("leaking: ", map[string]func(){
		"report every 10 ms":        reportForEver,
		"subscriber of a bus":       subscribe,
		"child of a living context": followContext,
		"workers that nobody stops": startWorkers,
		"producer of a full queue":  produce,
		"waits for a condition":     waitForCondition,
		"waits for a mutex":         waitForMutex,
		"retries with a sleep":      retryForEver,
		"copies from a connection":  copyFromConnection,
		"accepts connections":       acceptForEver,
		"HTTP server still up":      serveForEver,
		"response body still open":  keepResponse,
		"reads a pipe":              readPipe,
		"system call that blocks":   readInSystemCall,
		"database still open":       keepDatabase,
		"signals that nobody ends":  watchSignals,
	})
	clean = prefixed("clean: ", map[string]func(){
		"global pool":                usePool,
		"ticker of the process":      useTicker,
		"worker with a condition":    useCondition,
		"listener of the process":    useListener,
		"HTTP keep-alive":            useKeepAlive,
		"database of the process":    useDatabase,
		"lazy singleton":             useSingleton,
		"parked for ever on purpose": useParked,
		"exit after 600 ms":          exitAfter600ms,
		"drains for 450 ms":          drainFor450ms,
		"server that is closed":      serveAndClose,
		"timers that fire":           fireTimers,
		"pool that shrinks":          useShrinkingPool,
		"group that is cancelled":    cancelGroup,
	})
)

func prefixed(prefix string, programs map[string]func()) map[string]func() {
	all := make(map[string]func(), len(programs))
	for name, f := range programs {
		all[prefix+name] = f
	}
	return all
}

// must makes a program crash that cannot do what it is for.
func must[V any](v V, err error) V {
	if err != nil {
		panic(err)
	}
	return v
}
