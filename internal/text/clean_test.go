package text

import (
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestClean(t *testing.T) {
	cases := []struct {
		from string
		most int
		want string
	}{
		{"cache.(*Store).Put, 71 %", 100, "cache.(*Store).Put, 71 %"},
		{"±1.2 % of 450µs – 日本語 🙂", 100, "±1.2 % of 450µs – 日本語 🙂"},
		{"\x1b[2J\x1b]0;owned\a", 100, `\x1b[2J\x1b]0;owned\x07`},
		{"two\nlines\r\tand", 100, "two lines  and"},
		{"\u202egnp.exe", 100, `\u202egnp.exe`},
		{"no\u200bwhere\u2028\U000e0001", 100, `no\u200bwhere\u2028\U000e0001`},
		{"\u009b31m\x7f\x00", 100, `\u009b31m\x7f\x00`},
		{"bad\xff\xfe", 100, `bad\xff\xfe`},
		{"\ufffd is a rune", 100, "\ufffd is a rune"},
		{"exactly", 7, "exactly"},
		{"too long", 7, "too …"},
		{"日本語", 7, "日…"},
		{"abc", 2, ""},
		{"", 0, ""},
	}
	for _, c := range cases {
		if got := Clean(c.from, c.most); got != c.want {
			t.Errorf("Clean(%q, %d) is %q, want %q", c.from, c.most, got, c.want)
		}
	}
}

func TestCleanOfWhatIsCleanCostsNothing(t *testing.T) {
	s := "Live memory grows 18 MiB/day since Tue 14:10 – ±1.2 %"
	if n := testing.AllocsPerRun(100, func() { Clean(s, 1000) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestMarkdown(t *testing.T) {
	cases := map[string]string{
		"cache.(*Store).Put":         `cache.(\*Store).Put`,
		"a | b":                      `a \| b`,
		"<script>alert(1)</script>":  "&lt;script&gt;alert(1)&lt;/script&gt;",
		"[click](javascript:x)":      `\[click\](javascript:x)`,
		"`code` **bold** _it_ ~no~":  "\\`code\\` \\*\\*bold\\*\\* \\_it\\_ \\~no\\~",
		"last_words go_goroutines_x": "last_words go_goroutines_x",
		`back\slash &lt; $x$`:        `back\\slash &amp;lt; \$x\$`,
	}
	for from, want := range cases {
		if got := Markdown(from); got != want {
			t.Errorf("Markdown(%q) is %q, want %q", from, got, want)
		}
	}
	if got := MarkdownCode("a`b"); got != "`a'b`" {
		t.Errorf("code is %q", got)
	}
}

var (
	escaped = regexp.MustCompile("\\\\[\\\\`*\\[\\]|~$_]|&(lt|gt|amp);")
	markup  = regexp.MustCompile("[<>&\\\\`*\\[\\]|~$]|\\b_|_\\b")
)

func FuzzClean(f *testing.F) {
	for _, s := range []string{"", "plain", "\x1b[31m", "a\nb", "\u202e", "\xff", "|`<script>", "日本語", `\x1b`} {
		f.Add(s, 20)
	}
	f.Fuzz(func(t *testing.T, s string, most int) {
		most = max(0, min(most, 1<<16))
		got := Clean(s, most)
		if len(got) > most || !utf8.ValidString(got) {
			t.Fatalf("%q in %d bytes is %q", s, most, got)
		}
		if i := strings.IndexFunc(got, func(r rune) bool { return !unicode.IsPrint(r) }); i >= 0 {
			t.Fatalf("%q has something unprintable at %d", got, i)
		}
		if again := Clean(got, most); again != got {
			t.Fatalf("cleaned twice %q is %q", got, again)
		}
		if rest := escaped.ReplaceAllString(Markdown(got), ""); markup.MatchString(strings.ReplaceAll(rest, "_", "")) {
			t.Fatalf("%q as Markdown is %q", got, Markdown(got))
		}
	})
}
