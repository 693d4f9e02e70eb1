package promtest

import (
	"testing"
	"time"

	"github.com/govitals/govitals/internal/need"
)

// refused stands for a test that asks for a server which does not start.
type refused struct {
	testing.TB
	said string
}

func (r *refused) Fatal(args ...any) {
	r.said = args[0].(string)
	panic(r)
}

func TestAServerThatEndsIsNotWaitedFor(t *testing.T) {
	need.Prometheus(t) // before what follows takes a skip for a failure
	began := time.Now()
	defer func() {
		if r, failed := recover().(*refused); !failed || r.said == "" || time.Since(began) > patience/2 {
			t.Errorf("after %v: %+v", time.Since(began), r)
		}
	}()
	Run(&refused{TB: t}, Config{Flags: []string{"--no-such-flag"}})
}
