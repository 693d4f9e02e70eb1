package heap_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/govitals/govitals/heap"
)

// A process manager that kills at 384 MB drops the requests that run. This
// service stops to accept, finishes them and asks to be started again.
func ExampleOnPressure() {
	serve := func(ctx context.Context, listener net.Listener, monitor *heap.Monitor) (exitCode int) {
		server := &http.Server{ReadHeaderTimeout: 10 * time.Second}
		drained := make(chan error, 1)
		watch, err := heap.OnPressure(ctx, monitor, heap.PressureConfig{At: []float64{0.9}, Limit: 384 << 20, Drain: 20 * time.Second},
			func(ctx context.Context, p heap.Pressure) {
				fmt.Fprintln(os.Stderr, "restarting:", p)
				drained <- server.Shutdown(ctx) // lets running requests end
			})
		if err != nil {
			return 1
		}
		defer watch.Close()
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return 1
		}
		if err := <-drained; err != nil { // Serve returns when Shutdown begins
			return 1
		}
		return 75 // EX_TEMPFAIL: start me again
	}
	_ = serve // os.Exit(serve(ctx, listener, monitor))
}
