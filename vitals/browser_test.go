package vitals

import (
	"context"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/govitals/govitals/internal/need"
)

// browse loads a page in a real browser, in which evil.test is this machine, and
// returns the document as the browser made it and what it complained about.
func browse(t *testing.T, url string) (document, complaints string) {
	t.Helper()
	program := need.Chromium(t)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
		"--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--disable-dev-shm-usage", "--user-data-dir="+t.TempDir(), "--host-resolver-rules=MAP evil.test 127.0.0.1",
		"--enable-logging=stderr", "--dump-dom", url)
	var out, errs strings.Builder
	command.Stdout, command.Stderr = &out, &errs
	if err := command.Run(); err != nil {
		t.Fatalf("%v\n%s", err, errs.String())
	}
	return out.String(), errs.String()
}

func TestBrowserShowsThePagesUnderTheirPolicy(t *testing.T) {
	t.Parallel()
	_, url := serve(t, Config{NoProbe: true}) // a busy machine is not what this is about
	for page, words := range map[string]string{
		"/debug/vitals":          "TOO EARLY",
		"/debug/heap":            "Memory by owner",
		"/debug/heap?format=svg": "Heap in use",
		"/debug/heap?format=svg&since=baseline&x=1": "change since baseline",
	} {
		t.Run(page, func(t *testing.T) {
			t.Parallel()
			document, complaints := browse(t, url+page)
			if !strings.Contains(document, words) {
				t.Errorf("it does not show %q:\n%.2000s", words, document)
			}
			for _, complaint := range []string{"Content Security Policy", "Refused to", "Uncaught"} {
				if strings.Contains(complaints, complaint) {
					t.Errorf("the browser complains:\n%s", complaints)
				}
			}
		})
	}
}

// A page of a stranger whose name points to this machine must not read ours.
func TestBrowserCannotBeReboundToThePage(t *testing.T) {
	t.Parallel()
	_, url := serve(t, Config{})
	foreign := strings.Replace(url, "127.0.0.1", "evil.test", 1)
	document, _ := browse(t, foreign+"/debug/vitals")
	if strings.Contains(document, `id="verdict"`) || !strings.Contains(document, "evil.test") {
		t.Errorf("under a foreign name the page shows:\n%s", document)
	}
}
