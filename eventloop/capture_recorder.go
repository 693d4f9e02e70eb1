package eventloop

import (
	"io"
	"runtime/trace"
	"sync"
	"time"
)

const (
	ownMinAge   = 2 * time.Second
	ownMaxBytes = 4 << 20
)

// ownRecorder is a flight recorder whose stop waits for a trace that is being written.
// That of the runtime says so too, but its Stop takes no lock that WriteTo holds: the
// two together are a data race (Go 1.26, runtime/trace/flightrecorder.go).
type ownRecorder struct {
	mu     sync.Mutex // held while it starts, writes or stops
	flight *trace.FlightRecorder
}

func startRecorder() (*ownRecorder, error) {
	r := &ownRecorder{flight: trace.NewFlightRecorder(trace.FlightRecorderConfig{MinAge: ownMinAge, MaxBytes: ownMaxBytes})}
	return r, r.flight.Start()
}

// WriteTo writes the trace; an error after stop.
func (r *ownRecorder) WriteTo(w io.Writer) (int64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.flight.WriteTo(w)
}

func (r *ownRecorder) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.flight.Stop()
}
