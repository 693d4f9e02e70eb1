package vitals

import (
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/govitals/govitals/finding"
)

// hostile are texts that do something where they are shown, if one lets them.
var hostile = []string{
	"\x1b[2J\x1b]52;c;cm0gLXJmIC8=\a", "\x1b]8;;http://evil.test\a click \x1b]8;;\a", "\u009b31m", "a\r\x00b\x7f",
	"two\nlines", "| a | b |", "`code`", "**bold** _it_ [x](javascript:alert(1)) ![x](http://evil.test/x.png)",
	"<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "&lt;script&gt;", "\u202egnp.exe\u2066", "bad\xff\xfeutf8", "# title",
	strings.Repeat("A", 1<<20), strings.Repeat("\x1b", 1<<20), strings.Repeat("日", 1<<18),
}

// named is a report that holds a text in every place.
func named(s string) Report {
	f := finding.Finding{
		Signal: s, State: finding.Leaking, Summary: s, Cause: s, Unit: s, Advice: s, How: []string{s}, PerHour: 1, Low: 0.5, High: 2,
		Culprits: []finding.Culprit{{Name: s, File: s, Line: -1, Share: 0.5}},
	}
	return Report{
		Schema: s, At: noon, Summary: s, Findings: []finding.Finding{f, {Signal: s, State: finding.OK, Summary: s, Advice: s}},
		NotRead: []string{s}, Build: Build{Program: s, Version: s, Revision: s, Go: s},
	}
}

var (
	rawHTML = regexp.MustCompile("[<>]")
	// spans are parts of a line that Markdown does not look into.
	spans = regexp.MustCompile("`[^`]*`|\\\\[\\\\`*\\[\\]|~$_]")
	link  = regexp.MustCompile(`\]\(|!\[|\*\*.*\*\*.*\*\*`)
)

func checkShown(t *testing.T, r Report) {
	t.Helper()
	for form, shown := range map[string]string{"text": r.String(), "Markdown": r.Markdown()} {
		if !utf8.ValidString(shown) {
			t.Fatalf("the %s is not UTF-8", form)
		}
		if at := strings.IndexFunc(shown, func(c rune) bool { return c != '\n' && !unicode.IsPrint(c) }); at >= 0 {
			t.Fatalf("the %s has %q", form, shown[at:min(len(shown), at+8)])
		}
		if len(shown) > 200<<10 {
			t.Fatalf("the %s has %d bytes", form, len(shown))
		}
	}
	for line := range strings.Lines(r.Markdown()) {
		plain := spans.ReplaceAllString(line, "")
		if rawHTML.MatchString(plain) || link.MatchString(plain) {
			t.Fatalf("the Markdown has markup: %.300q", line)
		}
		if cells := strings.Count(plain, "|"); cells != 0 && cells != 4 {
			t.Fatalf("a row of the table has %d bars: %.300q", cells, line)
		}
	}
}

func TestHostileTextsAreShownHarmless(t *testing.T) {
	for _, s := range hostile {
		checkShown(t, named(s))
	}
}

func FuzzReportIsShownHarmless(f *testing.F) {
	for _, s := range hostile {
		f.Add(s[:min(len(s), 1000)])
	}
	f.Fuzz(func(t *testing.T, s string) { checkShown(t, named(s)) })
}

// A report that was read from somewhere may hold anything.
func FuzzReadReport(f *testing.F) {
	f.Add(encode(f, full()))
	f.Add([]byte(`{"schema":"govitals.report/v1","uptime_seconds":1e308,"findings":[{"state":"x","per_hour":-1e308,"forecast":{"at":"9999-01-01T00:00:00Z"}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if r, err := ReadReport(strings.NewReader(string(data))); err == nil {
			checkShown(t, r)
		}
	})
}

func TestPartsCannotFloodTheReport(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, v *Vitals) {
		v.Add(part{func() []finding.Finding {
			many := make([]finding.Finding, 10_000)
			many[0] = finding.Finding{
				Signal: "x\x1b[2J", State: finding.State(99), Summary: strings.Repeat("y\n", 1<<19), How: make([]string, 1000),
				Culprits: make([]finding.Culprit, 1000), Since: time.Unix(1<<60, 0),
			}
			return many
		}})
		r := v.Report()
		if data := encode(t, r); len(data) > 256<<10 || strings.Contains(string(data), `\u001b`) {
			t.Errorf("the report has %d bytes: %.200s", len(data), data)
		}
		if !strings.Contains(r.String(), "9,872 findings of vitals.part left out: 128 are shown") {
			t.Errorf("the report does not say what was left out:\n%.3000s", r)
		}
	})
}

// A name out of traffic travels through a signal into every form of the report.
func TestHostileCulpritOfASignal(t *testing.T) {
	inBubble(t, Config{Resolution: 100 * time.Millisecond}, func(t *testing.T, v *Vitals) {
		v.Watch(blamed{leak("sessions"), "evil\x1b[2J`|<script>\n\u202e"})
		time.Sleep(100 * time.Second)
		r := v.Report()
		if f := about(t, r, "sessions"); f.State != finding.Leaking || f.Culprits[0].Name != "evil\\x1b[2J`|<script> \\u202e" {
			t.Errorf("the finding is %+v", f)
		}
		checkShown(t, r)
	})
}

// blamed is a signal that names a culprit.
type blamed struct {
	signal
	name string
}

func (b blamed) Culprits(int) []finding.Culprit { return []finding.Culprit{{Name: b.name, Share: 0.9}} }

func matches(pattern, s string) bool { return regexp.MustCompile(pattern).MatchString(s) }
