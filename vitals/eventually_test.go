package vitals

import (
	"testing"
	"time"
)

// eventually waits for what real work leads to, which no fake clock can hurry. The
// machine may be busy with something else for long.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	const patience = time.Minute
	for end := time.Now().Add(patience); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not after %v: %s", patience, what)
		}
	}
}
