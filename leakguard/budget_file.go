package leakguard

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"github.com/govitals/govitals/internal/stacks"
)

// BudgetFile is an option: a file, kept beside the test, that lists what the
// check still has to tolerate. What it lists passes up to its count, anything
// new fails, and a line that nothing answers to any more fails too until it is
// removed. So the file can only shrink. leakguard never writes it: a check
// without its file fails and prints the lines to put there.
//
//	# testdata/leaks.txt
//	goroutines 2 example.com/app/pool.(*Pool).Start   # the function of the go statement
//	fds 1 socket
//	heap_bytes 200000
//
// A line has a resource (goroutines, fds, heap_bytes, heap_objects, threads,
// backlog, series), a count, and for goroutines the function that creates them,
// for fds the kind, which may be left out. What follows a "#" at the beginning
// of a line or after a space is a comment. Like in [Budget], the count is of
// what is left at the end of a check and of each iteration in [Loop]. A file
// belongs to one check; for a package as a whole that is [VerifyTestMain].
func BudgetFile(path string) Option {
	return optionFunc(func(s *settings) {
		switch {
		case path == "":
			s.problem("BudgetFile has no path: give that of the file with the tolerated leaks")
			return
		case s.file.path != "":
			s.problem("BudgetFile is given twice, %s and %s: join the files", s.file.path, path)
			return
		}
		var err error
		if s.file, err = readBudgetFile(path); err != nil {
			s.problem("%v", err)
		}
		for _, line := range s.file.lines {
			if line.word == goroutinesWord {
				s.ignore(s.file.ignore(line))
			}
		}
	})
}

// ignore lets the goroutines of a line pass, and insists that they are there.
func (f *budgetList) ignore(line budgetLine) *ignore {
	return &ignore{
		name: fmt.Sprintf("%s:%d: %s", f.path, line.number, line), max: int(line.count), shrinks: true,
		match: func(g *stacks.Goroutine) bool { return asWritten(g.CreatedBy.Func) == asWritten(line.site) },
	}
}

// Bounds of a budget file.
const (
	maxBudgetFile = 1 << 20
	maxBudgetLine = 2000 // lines that are not comments
	maxCount      = 1 << 30
)

// goroutinesWord is the word of goroutines in a budget file.
const goroutinesWord = "goroutines"

// budgetLine is one line of a budget file.
type budgetLine struct {
	number   int    // of the line, from 1
	word     string // as written
	resource resource
	count    int64
	site     string // "" = anywhere
}

func (l budgetLine) String() string {
	return strings.TrimSuffix(fmt.Sprintf("%s %d %s", l.word, l.count, l.site), " ")
}

// lineKey is what there is one line of.
type lineKey struct{ word, site string }

func (l budgetLine) key() lineKey { return lineKey{l.word, l.site} }

// budgetList is what a budget file says.
type budgetList struct {
	path      string // "" = there is no file
	isMissing bool
	lines     []budgetLine
}

// readBudgetFile reads and parses a file. A missing one is no error here: what
// to put into it is known in the end only.
func readBudgetFile(path string) (budgetList, error) {
	list := budgetList{path: path}
	content, err := readBounded(path)
	if errors.Is(err, fs.ErrNotExist) {
		list.isMissing = true
		return list, nil
	}
	if err == nil {
		list.lines, err = parseBudget(content)
	}
	if err != nil {
		return list, fmt.Errorf("the budget file %s: %w", path, err)
	}
	return list, nil
}

func readBounded(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, maxBudgetFile+1))
	if err == nil && len(content) > maxBudgetFile {
		err = fmt.Errorf("it is larger than %d bytes", maxBudgetFile)
	}
	return string(content), err
}

// parseBudget parses the text of a budget file. An error names the line.
func parseBudget(content string) ([]budgetLine, error) {
	var lines []budgetLine
	seen := map[lineKey]int{}
	number := 0
	for text := range strings.Lines(content) {
		number++
		text = strings.TrimSpace(withoutComment(text))
		if text == "" {
			continue
		}
		line, err := parseBudgetLine(text)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		if first := seen[line.key()]; first > 0 {
			return nil, fmt.Errorf("line %d: %q is in line %d already: join the two", number, text, first)
		}
		if len(lines) == maxBudgetLine {
			return nil, fmt.Errorf("line %d: there are more than %d lines: nobody would read them", number, maxBudgetLine)
		}
		line.number = number
		seen[line.key()] = number
		lines = append(lines, line)
	}
	return lines, nil
}

// withoutComment cuts what follows a "#" that begins a word.
func withoutComment(text string) string {
	for from := 0; ; {
		at := strings.IndexByte(text[from:], '#')
		if at < 0 {
			return text
		}
		if at += from; at == 0 || text[at-1] == ' ' || text[at-1] == '\t' {
			return text[:at]
		}
		from = at + 1
	}
}

func parseBudgetLine(text string) (budgetLine, error) {
	word, rest := cutSpace(text)
	count, site := cutSpace(rest)
	line := budgetLine{word: word, site: site}
	var err error
	if line.count, err = strconv.ParseInt(count, 10, 64); err != nil || line.count < 1 || line.count > maxCount {
		return line, fmt.Errorf("%.80q has the count %.40q: want a whole number from 1 to %d", text, count, maxCount)
	}
	if word == goroutinesWord {
		if site == "" {
			return line, fmt.Errorf("%.80q lacks the function that creates them: goroutines %s example.com/app.Start", text, count)
		}
		return line, nil
	}
	for r := range resources {
		if line.resource = r; r.word() == word {
			return line, line.checkSite(text)
		}
	}
	return line, fmt.Errorf("%.80q begins with %.40q: want %s, or one of %s", text, word, goroutinesWord, resourceWords())
}

// checkSite refuses a site where there cannot be one.
func (l budgetLine) checkSite(text string) error {
	if l.site != "" && l.resource != fileDescriptors {
		return fmt.Errorf("%.80q names a site: only goroutines and fds have one", text)
	}
	return nil
}

func cutSpace(text string) (first, rest string) {
	at := strings.IndexAny(text, " \t")
	if at < 0 {
		return text, ""
	}
	return text[:at], strings.TrimSpace(text[at:])
}

func resourceWords() string {
	var words []string
	for r := range resources {
		words = append(words, r.word())
	}
	return strings.Join(words, ", ")
}

// texts returns what complaints say. Where the file is missing, the last one
// says what to put into it: the lines of the complaints and some others.
func (f *budgetList) texts(complaints []complaint, others ...budgetLine) []string {
	var texts, lines []string
	for _, c := range append(complaints, complaint{lines: others}) {
		if c.text != "" {
			texts = append(texts, c.text)
		}
		for _, line := range c.lines {
			lines = append(lines, line.String())
		}
	}
	switch {
	case !f.isMissing:
	case len(lines) == 0:
		texts = append(texts, fmt.Sprintf("the budget file %s does not exist, and nothing needs it: leave the option out", f.path))
	default:
		texts = append(texts, fmt.Sprintf("the budget file %s does not exist; to tolerate what is there now, put this into it:\n\n%s\n", f.path, strings.Join(lines, "\n")))
	}
	return texts
}
