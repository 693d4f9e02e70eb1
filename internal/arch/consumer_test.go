package arch

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// wanted is the one package that the made-up user imports, in a test.
const wanted = module + "/leakguard"

// TestConsumer measures what a user pays who wants leakguard alone: a module
// with one test that imports it, tidied against the working tree as if that
// had been published.
func TestConsumer(t *testing.T) {
	t.Parallel()
	user := newConsumer(t)
	user.run(t, "mod", "tidy")
	if text := user.read(t, "go.mod"); strings.Contains(text, "// indirect") {
		t.Errorf("a user of %s gets indirect requirements: let no test of it import a third party\n%s", wanted, text)
	}
	if sums := user.read(t, "go.sum"); strings.Count(sums, "\n") > 2 {
		t.Errorf("a user of %s gets more than 2 lines in go.sum: let no test of it import a third party\n%s", wanted, sums)
	}
	listed := user.run(t, "list", "-deps", "-test", "-f", "{{if not .ForTest}}{{.ImportPath}} {{.Standard}}{{end}}", "./...")
	user.checkPackages(t, strings.Fields(listed))
	user.checkTests(t)
}

// userTest is the test of the user: each form, once clean and once with a leak.
const userTest = `package user

import (
	"testing"
	"time"

	"` + wanted + `"
)

func TestMain(m *testing.M) { leakguard.VerifyTestMain(m, leakguard.Patience(10*time.Millisecond)) }

func nothing() {}

func leak() { go func() { select {} }() }

func TestClean(t *testing.T) {
	leakguard.Check(t, leakguard.Budget{HeapBytes: 1 << 20, Threads: 50})
	leakguard.Loop(t, 50, nothing)
}

func TestCheck(t *testing.T) {
	leakguard.Check(t, leakguard.Patience(10*time.Millisecond))
	leak()
}

func TestLoop(t *testing.T) {
	leakguard.Loop(t, 50, leak, leakguard.Patience(10*time.Millisecond))
}

func TestLeft(*testing.T) { leak() } // for VerifyTestMain alone
`

// checkTests runs the tests of the user, one by one: what leaks must fail.
func (c *consumer) checkTests(t *testing.T) {
	t.Helper()
	if testing.Short() {
		return
	}
	binary := filepath.Join(c.dir, "user.test")
	c.run(t, "test", "-c", "-o", binary, ".")
	for test, want := range map[string]string{
		"TestClean": "PASS",
		"TestCheck": "1 goroutine is left behind",
		"TestLoop":  "+1 goroutines, 50 left",
		"TestLeft":  "1 goroutine is left behind",
	} {
		out, err := exec.Command(binary, "-test.run", "^"+test+"$").CombinedOutput()
		if passed := err == nil; passed != (test == "TestClean") || !strings.Contains(string(out), want) {
			t.Errorf("%s of a user: error %v, want %q in\n%s", test, err, want, out)
		}
	}
}

// checkPackages takes pairs of an import path and whether it is standard.
func (c *consumer) checkPackages(t *testing.T, pairs []string) {
	t.Helper()
	found := false
	for i := 0; i+1 < len(pairs); i += 2 {
		path, standard := pairs[i], pairs[i+1] == "true"
		found = found || path == wanted
		if path == "net/http" || !standard && !isOurs(path) && !strings.HasPrefix(path, consumerModule) {
			t.Errorf("a user of %s links %s: see TestBans for the chain", wanted, path)
		}
	}
	if !found {
		t.Errorf("%s is not among the packages of its user: %v", wanted, pairs)
	}
}

const consumerModule = "consumer.test"

// consumer is the user's module.
type consumer struct {
	dir string
	env []string
}

func newConsumer(t *testing.T) *consumer {
	t.Helper()
	base := t.TempDir()
	c := &consumer{dir: filepath.Join(base, "user")}
	proxy := filepath.Join(base, "proxy")
	publish(t, proxy)
	c.env = append(os.Environ(),
		"GOPROXY="+fileURL(proxy)+","+fileURL(filepath.Join(goEnv(t, "GOMODCACHE"), "cache", "download")),
		"GOMODCACHE="+filepath.Join(base, "modcache"),
		"GOFLAGS=-mod=mod -modcacherw", // writable, so that t.TempDir can remove it
		"GOSUMDB=off", "GOPRIVATE=", "GONOPROXY=", "GOTOOLCHAIN=local", "GOWORK=off", "GO111MODULE=on",
	)
	c.write(t, "go.mod", "module "+consumerModule+"\n\ngo 1.26\n\nrequire "+module+" "+version+"\n")
	c.write(t, "user_test.go", userTest)
	return c
}

// run runs the go command as the user. It skips the test where a module is
// missing that only the network has.
func (c *consumer) run(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Env = c.dir, c.env
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil && strings.Contains(stderr.String(), ".mod: no such file") {
		t.Skipf("the module cache lacks a go.mod file: run go mod download once\n%s", stderr.Bytes())
	}
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, stderr.Bytes())
	}
	return string(out)
}

func (c *consumer) read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(c.dir, name))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(text)
}

func (c *consumer) write(t *testing.T, name, text string) {
	t.Helper()
	writeFile(t, filepath.Join(c.dir, name), []byte(text))
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.Command("go", "env", name).Output()
	if err != nil {
		t.Fatalf("go env %s: %v", name, err)
	}
	return strings.TrimSpace(string(out))
}
