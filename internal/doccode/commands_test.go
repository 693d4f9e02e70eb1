package doccode

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Figures stand beside the command that measured them: it has to find something to run.
func TestCommands(t *testing.T) {
	count := 0
	for _, file := range pages(t) {
		commands := commandsOf(read(t, file))
		for _, c := range commands {
			if err := c.fault(); err != nil {
				t.Errorf("%s:%d: %v", file, c.line, err)
			}
		}
		count += len(commands)
	}
	if count < 40 {
		t.Errorf("%d commands were found", count)
	}
}

// command is a "go test" or "go run" that a document shows.
type command struct {
	line int
	dirs []string // where it may be meant to run: the first that fits counts
	verb string
	args []string
}

var (
	commandLine = regexp.MustCompile("(?:cd ([\\w./-]+) && )?(?:[A-Z_]+=(?:\\$\\([^)]*\\))?\\S* )*\\bgo (test|run) ([^'`|\\n]*(?:'[^']*'[^'`|\\n]*)*)")
	changeDir   = regexp.MustCompile(`^\s*cd ([\w./-]+)$`)
	argument    = regexp.MustCompile(`'[^']*'|\S+`)
)

// commandsOf finds the commands of a page. One without a "cd" continues in the
// directory of the line before it, or is meant for the root.
func commandsOf(page string) (commands []command) {
	dir := "."
	for i, line := range strings.Split(page, "\n") {
		found := commandLine.FindAllStringSubmatch(line, -1)
		switch alone := changeDir.FindStringSubmatch(line); {
		case alone != nil:
			dir = alone[1]
		case found == nil:
			dir = "."
		}
		for _, match := range found {
			if match[1] != "" {
				dir = match[1]
			}
			arguments, _, _ := strings.Cut(match[3], " #")
			c := command{line: i + 1, dirs: []string{dir, "."}, verb: match[2]}
			for _, word := range argument.FindAllString(arguments, -1) {
				c.args = append(c.args, strings.Trim(word, "'"))
			}
			commands = append(commands, c)
		}
	}
	return commands
}

func (c command) fault() (err error) {
	for _, dir := range c.dirs {
		if err = c.faultIn(dir); err == nil {
			return nil
		}
	}
	return err
}

func (c command) faultIn(dir string) error {
	dirs, patterns, flags := c.take(dir)
	var source string
	for _, d := range dirs {
		text, err := sources(d, c.verb == "test")
		if err != nil {
			return err
		}
		source += text
	}
	for kind, pattern := range patterns {
		for _, one := range alternatives(pattern) {
			if !regexp.MustCompile(`(?m)^func (` + kind + `)` + one).MatchString(source) {
				return fmt.Errorf("go %s: nothing in %v is called %q", c.verb, dirs, one)
			}
		}
	}
	for _, name := range flags {
		if !regexp.MustCompile(`\.\w+\((&[\w.]+, )?"` + regexp.QuoteMeta(name) + `"`).MatchString(source) {
			return fmt.Errorf("go %s: %v have no flag -%s", c.verb, dirs, name)
		}
	}
	return nil
}

// take sorts the arguments: directories, patterns of names by what they name, and flags
// that the program itself must have.
func (c command) take(dir string) (dirs []string, patterns map[string]string, flags []string) {
	patterns = map[string]string{}
	for i := 0; i < len(c.args); i++ {
		word := c.args[i]
		name, value, joined := strings.Cut(strings.TrimPrefix(word, "-"), "=")
		next := func() string {
			if !joined && i+1 < len(c.args) {
				i++
				return c.args[i]
			}
			return value
		}
		switch {
		case strings.HasPrefix(word, "./") || word == ".":
			dirs = append(dirs, path.Join(dir, word))
		case !strings.HasPrefix(word, "-") || word == "-":
		case c.verb == "test" && name == "run":
			patterns[`Test|Fuzz|Example`] = next()
		case c.verb == "test" && name == "bench":
			patterns[`Benchmark`] = next()
		case c.verb == "test" && name == "fuzz":
			patterns[`Fuzz`] = next()
		case c.verb == "test" && slices.Contains(testFlags, name):
		default:
			flags = append(flags, name)
		}
	}
	if dirs == nil {
		dirs = []string{dir}
	}
	return dirs, patterns, flags
}

// testFlags are those of the go command and of package testing.
var testFlags = []string{
	"args", "benchmem", "benchtime", "count", "cpu", "cpuprofile", "fuzztime", "memprofile", "modfile", "parallel", "race", "short", "shuffle", "skip", "tags", "timeout", "v",
}

// outside splits a pattern at the strokes that are in no group.
func outside(pattern string) (parts []string) {
	depth, from := 0, 0
	for i, c := range pattern {
		switch {
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == '|' && depth == 0:
			parts, from = append(parts, pattern[from:i]), i+1
		}
	}
	return append(parts, pattern[from:])
}

// alternatives returns what a pattern of tests asks for, each as what may follow the
// word Test. Patterns that are made to match nothing ask for nothing.
func alternatives(pattern string) (wanted []string) {
	first, _, _ := strings.Cut(pattern, "/")
	if first == "^$" || strings.EqualFold(first, "xxx") || first == "." {
		return nil
	}
	for _, one := range outside(first) {
		begin, end := `\w*`, `\w*\(`
		one, anchored := strings.CutPrefix(one, "^")
		if trimmed, closed := strings.CutSuffix(one, "$"); closed {
			one, end = trimmed, `\(`
		}
		for _, kind := range []string{"Test", "Benchmark", "Fuzz", "Example"} {
			if rest, ok := strings.CutPrefix(one, kind); ok {
				one, begin = rest, ""
			}
		}
		if anchored {
			begin = ""
		}
		wanted = append(wanted, begin+one+end)
	}
	return wanted
}

// sources returns the text of the Go files of a directory: its tests too, or not; of
// all below it for "dir/...".
func sources(dir string, tests bool) (string, error) {
	base, deep := strings.CutSuffix(dir, "...")
	var text strings.Builder
	err := fs.WalkDir(os.DirFS(filepath.Join(root, base)), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && !deep:
			return fs.SkipDir
		case entry.IsDir() || path.Ext(name) != ".go" || !tests && strings.HasSuffix(name, "_test.go"):
			return nil
		}
		content, err := os.ReadFile(filepath.Join(root, base, name))
		text.Write(content)
		return err
	})
	if err == nil && text.Len() == 0 {
		err = fmt.Errorf("%s has no Go files", dir)
	}
	return text.String(), err
}
