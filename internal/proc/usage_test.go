package proc

import (
	"errors"
	"testing"
	"time"
)

func TestCPUTimeRisesWithWork(t *testing.T) {
	before, err := CPUTime()
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		if now, err := CPUTime(); err != nil || now-before > 20*time.Millisecond {
			return
		}
	}
	t.Error("a minute of work does not show")
}
