package vitals

import (
	"os"
	"testing"

	"github.com/govitals/govitals/leakguard"
)

// threadPerTask tells the test binary that it is a program with a bug.
const threadPerTask = "GOVITALS_TEST_THREAD_PER_TASK"

// mortal tells it how to end, and where to leave what it has to say.
const mortal = "GOVITALS_TEST_MORTAL"

func TestMain(m *testing.M) {
	if os.Getenv(threadPerTask) != "" || os.Getenv(mortal) != "" {
		os.Exit(m.Run()) // it leaks by intention
	}
	leakguard.VerifyTestMain(m)
}
