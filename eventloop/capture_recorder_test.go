package eventloop

import (
	"io"
	"testing"
)

// Under the race detector this fails where the recorder of the runtime is stopped while
// it writes.
func TestARecorderIsStoppedWhileItWrites(t *testing.T) {
	for range 20 {
		r, err := startRecorder()
		if err != nil {
			t.Fatal(err)
		}
		began, written := make(chan struct{}), make(chan error)
		go func() {
			close(began)
			for {
				if _, err := r.WriteTo(io.Discard); err != nil {
					written <- err
					return
				}
			}
		}()
		<-began
		r.stop()
		if err := <-written; err == nil {
			t.Error("it still writes after it was stopped")
		}
	}
}
