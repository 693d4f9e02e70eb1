package benchmarks

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// inChild runs one of our tests in a process of its own, in which a variable of the
// environment tells it what to be. It returns what the test prints behind a word.
func inChild(test, variable, kind, word string) (said string, state *os.ProcessState, err error) {
	program, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	child := exec.Command(program, "-test.run", "^"+test+"$", "-test.v")
	child.Env = append(os.Environ(), variable+"="+kind)
	output, err := child.Output()
	_, said, found := strings.Cut(string(output), word+" ")
	if err == nil && !found {
		err = errors.New("it does not say " + word)
	}
	if err != nil {
		err = fmt.Errorf("%s as %s: %w: %s", test, kind, err, output)
	}
	return said, child.ProcessState, err
}

// sideBySide has several of each kind do something at once, so that what disturbs one
// disturbs the others.
func sideBySide[T any](b testing.TB, ofEach int, kinds []string, do func(kind string) (T, error)) map[string][]T {
	b.Helper()
	type outcome struct {
		kind  string
		value T
		err   error
	}
	outcomes := make(chan outcome)
	for i := range ofEach * len(kinds) {
		go func() {
			kind := kinds[i%len(kinds)]
			value, err := do(kind)
			outcomes <- outcome{kind, value, err}
		}()
	}
	all, failures := map[string][]T{}, []error{}
	for range ofEach * len(kinds) {
		o := <-outcomes
		all[o.kind] = append(all[o.kind], o.value)
		failures = append(failures, o.err)
	}
	if err := errors.Join(failures...); err != nil {
		b.Fatal(err)
	}
	return all
}

func medianOf[T any](all []T, figure func(T) float64) float64 {
	figures := make([]float64, len(all))
	for i, x := range all {
		figures[i] = figure(x)
	}
	return median(figures)
}

func TestSideBySide(t *testing.T) {
	const variable = "GOVITALS_ECHO"
	if kind := os.Getenv(variable); kind != "" {
		fmt.Println("ECHO", kind)
		return
	}
	heard := sideBySide(t, 2, []string{"one", "other"}, func(kind string) (string, error) {
		said, state, err := inChild("TestSideBySide", variable, kind, "ECHO")
		if state == nil || !state.Success() {
			t.Error(state)
		}
		word, _, _ := strings.Cut(said, "\n")
		return word, err
	})
	if got := fmt.Sprint(heard); got != "map[one:[one one] other:[other other]]" {
		t.Errorf("heard %s", got)
	}
	if _, _, err := inChild("TestSideBySide", variable, "one", "NOTHING"); err == nil || !strings.Contains(err.Error(), "does not say NOTHING") {
		t.Errorf("of a child that says something else: %v", err)
	}
}
