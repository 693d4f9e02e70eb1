package fleet

import (
	"errors"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/govitals/govitals/internal/promtest"
)

// What the command ends with.
const (
	worse      = 1 // the canary is
	cannotTell = 2
)

// compareCanaries runs govitals compare as a person would who was called by the alert:
// on the server, and on the two processes themselves, where it can name who grew.
func compareCanaries(t *testing.T, server *promtest.Server, program string, canary, stable string) {
	t.Helper()
	series := compare(t, program, "--prometheus", server.URL(), "--window", "30s", "--warm-up", "3s",
		"--canary", `namespace="series",track="canary"`, "--stable", `namespace="series",track="stable"`)
	if !strings.Contains(series, "series") {
		t.Errorf("govitals compare --prometheus does not speak of series:\n%s", series)
	}
	live := compare(t, program, "--warm-up", "3s", "http://"+canary+"/debug/vitals", "http://"+stable+"/debug/vitals")
	if !strings.Contains(live, "path") {
		t.Errorf("govitals compare does not name the label path:\n%s", live)
	}
}

// compare asks until there are readings enough for an answer.
func compare(t *testing.T, program string, arguments ...string) string {
	t.Helper()
	for deadline := time.Now().Add(patience); ; <-time.After(time.Second) {
		output, err := exec.Command(program, append([]string{"compare"}, arguments...)...).CombinedOutput()
		var exit *exec.ExitError
		switch {
		case errors.As(err, &exit) && exit.ExitCode() == worse:
			return string(output)
		case exit == nil || exit.ExitCode() != cannotTell || time.Now().After(deadline):
			t.Errorf("govitals compare %s: %v, want the exit code %d\n%s", strings.Join(arguments, " "), err, worse, output)
			return string(output)
		}
	}
}
