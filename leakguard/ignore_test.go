package leakguard

import (
	"context"
	"runtime/pprof"
	"strings"
	"testing"
)

const here = "github.com/govitals/govitals/leakguard."

func TestIgnores(t *testing.T) {
	tests := []struct {
		name   string
		option Option
		leaks  int // of 3
		note   string
	}{
		{"creator", IgnoreCreator(here+"leaveBehind", 3), 0, ""},
		{"creator by pattern", IgnoreCreator("*govitals/leakguard.leave*", 3), 0, ""},
		{"creator, too many", IgnoreCreator(here+"leaveBehind", 2), 1, "fits 3 goroutines: those above 2 are leaks"},
		{"another creator", IgnoreCreator(here+"leave", 3), 3, "fits no goroutine: remove it"},
		{"entry", IgnoreEntry(here+"leaked", 3), 0, ""},
		{"another entry", IgnoreEntry("leaked", 3), 3, `IgnoreEntry("leaked", 3) fits no goroutine`},
		{"stack", IgnorePattern(`leakguard\.leaked\(.*\n.*ignore_test|check_test\.go:\d+`, 5), 0, ""},
		{"label", IgnoreLabel("pool", "workers", 3), 0, ""},
		{"label, too many", IgnoreLabel("pool", "workers", 1), 2, "fits 3 goroutines"},
		{"another label", IgnoreLabel("pool", "drawers", 3), 3, "fits no goroutine"},
	}
	for _, tt := range tests {
		for _, scope := range []Scope{ProcessScope, LabelScope} {
			w := within(t, func(w *watched) {
				Check(w, Patience(0), scope, tt.option)
				ctx := context.Background()
				pprof.Do(ctx, pprof.Labels("pool", "workers"), func(context.Context) { leaveBehind(t, 3) })
			})
			got := 0
			if len(w.errors) > 0 {
				got = countOf(w.errors[0])
			}
			if got != tt.leaks || !strings.Contains(w.text(), tt.note) {
				t.Errorf("%s, %v: want %d leaks and %q, got %d: %s", tt.name, scope, tt.leaks, tt.note, got, w.text())
			}
			if tt.note == "" && strings.Contains(w.text(), "note: ") {
				t.Errorf("%s, %v: want no note, got %s", tt.name, scope, w.text())
			}
		}
	}
}

// countOf reads the number in the first line of a report.
func countOf(report string) (n int) {
	text, _ := strings.CutPrefix(report, "leakguard: ")
	for _, r := range text {
		if r < '0' || r > '9' {
			break
		}
		n = 10*n + int(r-'0')
	}
	return n
}

func TestGlob(t *testing.T) {
	tests := []struct {
		pattern, name string
		want          bool
	}{
		{"a.b", "a.b", true},
		{"a.b", "a.bc", false},
		{"a.*", "a.bc", true},
		{"*.c", "a.b.c", true},
		{"a*c", "abc", true},
		{"a*c", "ac", true},
		{"a*a", "a", false},
		{"a*b*c", "a-b-b-c", true},
		{"a*b*c", "a-c-b", false},
		{"net/http.(*Transport).dialConn", "net/http.(*Transport).dialConn", true},
		{"net/http.(*Server).dialConn", "net/http.(*Transport).dialConn", false},
		{"main.Map[...].run", "main.Map[...].run", true},
		{"gopkg.in/yaml.v3.decode", "gopkg.in/yaml%2ev3.decode", true},
		{"gopkg.in/yaml%2ev3.*", "gopkg.in/yaml%2ev3.decode", true},
	}
	for _, tt := range tests {
		if got := compileGlob(tt.pattern)(tt.name); got != tt.want {
			t.Errorf("%q on %q: want %v, got %v", tt.pattern, tt.name, tt.want, got)
		}
	}
}

// FuzzGlob compares with a plain recursion.
func FuzzGlob(f *testing.F) {
	f.Add("a*b", "acb")
	f.Add("**", "")
	f.Add("*a*", "bab")
	f.Fuzz(func(t *testing.T, pattern, name string) {
		if strings.Count(pattern, "*") > 4 || len(name) > 40 {
			return
		}
		if got, want := compileGlob(pattern)(name), slowGlob(asWritten(pattern), asWritten(name)); got != want {
			t.Errorf("%q on %q: want %v, got %v", pattern, name, want, got)
		}
	})
}

func slowGlob(pattern, name string) bool {
	switch {
	case pattern == "":
		return name == ""
	case pattern[0] == '*':
		return slowGlob(pattern[1:], name) || name != "" && slowGlob(pattern, name[1:])
	}
	return name != "" && pattern[0] == name[0] && slowGlob(pattern[1:], name[1:])
}
