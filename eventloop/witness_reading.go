package eventloop

import (
	"errors"
	"io/fs"
	"time"
)

// reading is what the counters said at an instant. All but runnable and procs
// count since the process, or what they belong to, began.
type reading struct {
	at time.Time // of the figures down to suspended

	procs                 int
	stopped, stopping     time.Duration // for other reasons than the collector's
	gcStopped, gcStopping time.Duration
	gcPauses, gcCycles    uint64
	gcCPU                 time.Duration
	runnable              uint64
	waited                time.Duration // estimated from the runtime's sample
	switches              uint64        // the same
	mutex                 time.Duration
	cpu                   time.Duration
	faults                uint64
	throttledPeriods      uint64
	throttled             time.Duration
	suspended             time.Duration

	threadsAt   time.Time
	threadsPace time.Duration // the least time until they are read again
	threadsCPU  time.Duration // cpu as of then
	threadsCalm bool          // they hardly waited since the reading before
	runDelay    time.Duration
	longest     time.Duration // that of the thread that waited most, added up over readings
	steal       time.Duration
	pressure    time.Duration
}

// The two groups of figures are read at paces of their own.
func fastAt(r *reading) time.Time    { return r.at }
func threadsAt(r *reading) time.Time { return r.threadsAt }

// what names a source in Evidence.Unread.
type what int

const (
	readUsage what = iota
	readThrottling
	readSuspended
	readThreads
	readSteal
	readPressure
	sourceCount
)

var sourceNames = [sourceCount]string{"CPU time", "CPU quota", "suspend", "waits of threads", "steal", "CPU pressure"}

// faults are the errors of the latest attempts.
type faults [sourceCount]error

// hopeless reports whether it makes no sense to try again.
func (f *faults) hopeless(i what) bool {
	return f[i] != nil && (errors.Is(f[i], errors.ErrUnsupported) || errors.Is(f[i], fs.ErrNotExist))
}

func (f *faults) list() []string {
	var all []string
	for i, err := range f {
		if err != nil {
			all = append(all, sourceNames[i]+" ("+err.Error()+")")
		}
	}
	return all
}
