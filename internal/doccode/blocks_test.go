package doccode

import (
	"fmt"
	"regexp"
	"strings"
)

// block is code as a document shows it.
type block struct {
	line int // of its first line, from 1
	text string
}

// fence is a line that opens or closes a block of Markdown: its indentation, its marks
// and the language.
var fence = regexp.MustCompile("^(\\s*)(```+|~~~+)\\s*(\\S*)")

// fenced returns the blocks of Go in a Markdown file.
func fenced(markdown string) ([]block, error) {
	var blocks []block
	var open []string // what the regular expression found; nil outside of blocks
	var current block
	for i, line := range strings.Split(markdown, "\n") {
		match := fence.FindStringSubmatch(line)
		switch {
		case open == nil && match == nil:
		case open == nil:
			open, current = match, block{line: i + 2}
		case match == nil || match[3] != "" || !strings.HasPrefix(match[2], open[2]):
			current.text += strings.TrimPrefix(line, open[1]) + "\n"
		default:
			if isGo(open[3]) {
				blocks = append(blocks, current)
			}
			open = nil
		}
	}
	if open != nil {
		return nil, fmt.Errorf("%d: the block that begins here does not end", current.line-1)
	}
	return blocks, nil
}

func isGo(language string) bool {
	switch strings.ToLower(language) {
	case "go", "golang":
		return true
	}
	return false
}

// mention is a name of a package with something that it exports. Lines in a comment
// that have none are shell or output.
var mention = regexp.MustCompile(`\b([a-z]\w*)\.[A-Z]\w*`)

// commented returns the lines of Go in the comments of a source file: those which are
// indented, up to a line that is not.
func commented(source string, packages *index) []block {
	var blocks []block
	var current block
	for i, line := range strings.Split(source+"\n", "\n") {
		text, found := strings.CutPrefix(line, "//\t")
		switch {
		case found && current.text == "":
			current = block{i + 1, text + "\n"}
		case found:
			current.text += text + "\n"
		default:
			if isCode(current.text, packages) {
				blocks = append(blocks, current)
			}
			current = block{}
		}
	}
	return blocks
}

func isCode(text string, packages *index) bool {
	if !strings.ContainsAny(text, "({") {
		return false
	}
	for _, match := range mention.FindAllStringSubmatch(text, -1) {
		if packages.find(match[1]) != "" {
			return true
		}
	}
	return false
}
