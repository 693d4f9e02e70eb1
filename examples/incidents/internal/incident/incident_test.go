package incident

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/vitals"
)

func TestNamed(t *testing.T) {
	report := vitals.Report{Findings: []finding.Finding{
		{Signal: "heap", State: finding.OK, Summary: "Live memory is level; main.keep allocates."},
		{Signal: "jobs", State: finding.Stopped, Summary: "JOB STOPPED: prices.", Cause: "panic", Culprits: []finding.Culprit{{Name: "main.load"}}},
		{Signal: "series", State: finding.TooEarly, Summary: "Series 10."},
	}}
	for _, test := range []struct {
		named Named
		want  bool
	}{
		{Named{Signal: "jobs"}, true},
		{Named{Signal: "jobs", Names: []string{"STOPPED", "panic", "main.load"}}, true},
		{Named{Signal: "jobs", Names: []string{"prices", "mail"}}, false},
		{Named{Signal: "heap", Names: []string{"main.keep"}}, false},
		{Named{Signal: "series"}, false},
		{Named{Signal: "pools"}, false},
	} {
		if _, got := test.named.in(report); got != test.want {
			t.Errorf("%+v is in the report: %t, want %t", test.named, got, test.want)
		}
	}
}

// fault is a part that the report is told of.
type fault struct{ since time.Time }

func (f fault) Findings() []finding.Finding {
	if time.Since(f.since) < time.Second {
		return nil
	}
	return []finding.Finding{{Signal: "jobs", State: finding.Stopped, Summary: "JOB STOPPED: mail."}}
}

func faulty(ctx context.Context, v *vitals.Vitals) error {
	v.Add(fault{time.Now()})
	<-ctx.Done()
	return nil
}

func sound(ctx context.Context, _ *vitals.Vitals) error {
	<-ctx.Done()
	return nil
}

func endsEarly(context.Context, *vitals.Vitals) error { return errors.New("no such port") }

var stories = map[string]Story{
	"told":        {Broken: faulty, Fixed: sound},
	"not mended":  {Broken: faulty, Fixed: faulty},
	"ends early":  {Broken: endsEarly, Fixed: sound},
	"bad config":  {Broken: faulty, Fixed: sound, Config: vitals.Config{Resolution: -1}},
	"fixed fails": {Broken: faulty, Fixed: endsEarly},
}

const storyEnv = "GOVITALS_INCIDENT_STORY"

// TestMain plays a story where a test asks for it, as its program would.
func TestMain(m *testing.M) {
	if name := os.Getenv(storyEnv); name != "" {
		story := stories[name]
		story.Title, story.Fix, story.AtLeast = name, "It is mended.", 2*time.Second
		story.Named = Named{Signal: "jobs", Names: []string{"mail"}}
		Tell(story)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestStories(t *testing.T) {
	if testing.Short() {
		t.Skip("it runs processes for seconds")
	}
	for name, want := range map[string]string{
		"told":        "With the fix, after",
		"not mended":  "of the service with the fix it is said",
		"ends early":  "the service ended before it was judged: no such port",
		"bad config":  "Resolution",
		"fixed fails": "the service with the fix",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			command := exec.Command(os.Args[0])
			command.Env = append(os.Environ(), storyEnv+"="+name)
			output, err := command.CombinedOutput()
			if (err == nil) != (name == "told") || !strings.Contains(string(output), want) {
				t.Errorf("%v, want %q in:\n%s", err, want, output)
			}
		})
	}
}
