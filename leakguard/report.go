package leakguard

import (
	"fmt"
	"strings"
	"time"

	"github.com/govitals/govitals/internal/stacks"
	"github.com/govitals/govitals/internal/text"
)

// Report is what a check found.
type Report struct {
	// Scope is the one that was applied, never AutoScope.
	Scope Scope
	// Leaks are the goroutines that are left behind, the most first.
	Leaks []Leak
	// Unattributed are goroutines that began during a parallel test, and of
	// which nothing says which test started them: they have no label of a check,
	// and no test that still runs is among their ancestors. They fail no test;
	// VerifyTestMain fails for them if they are still there at the end.
	Unattributed []Leak
	// Ignored is what became of the options that let goroutines pass.
	Ignored []Ignored
	// Notes say what else the reader should know, a sentence each.
	Notes []string
	// Waited is how long the check waited for goroutines to end.
	Waited time.Duration
	// Err is why the goroutines could not be looked at. Then nothing is known
	// of leaks.
	Err error

	stale []string // figures that have to be lowered
}

// Count returns how many goroutines are left behind.
func (r Report) Count() int { return count(r.Leaks) }

func count(leaks []Leak) (n int) {
	for _, l := range leaks {
		n += l.Count
	}
	return n
}

const (
	maxPrinted = 30 // groups
	maxCalls   = 16 // of each
)

// String returns the report as text: one paragraph for each go statement.
func (r Report) String() string {
	var b strings.Builder
	switch n := r.Count(); {
	case r.Err != nil:
		fmt.Fprintf(&b, "leakguard could not look at the goroutines: %v\n", r.Err)
	case n == 0:
		fmt.Fprintf(&b, "leakguard: no goroutine is left behind (scope: %s)\n", r.Scope)
	default:
		fmt.Fprintf(&b, "leakguard: %s left behind (scope: %s%s)\n", areLeft(n), r.Scope, r.waited())
		printLeaks(&b, r.Leaks, true)
	}
	if len(r.Unattributed) > 0 {
		fmt.Fprintf(&b, "\nunattributed: %s there that began meanwhile, without the label of any test\n", areLeft(count(r.Unattributed)))
		printLeaks(&b, r.Unattributed, false)
	}
	if len(r.Notes) > 0 {
		b.WriteByte('\n')
	}
	for _, note := range r.Notes {
		fmt.Fprintf(&b, "note: %s\n", note)
	}
	return b.String()
}

func (r Report) waited() string {
	if r.Waited < time.Millisecond {
		return ""
	}
	return "; waited " + text.Duration(r.Waited)
}

func areLeft(n int) string {
	if n == 1 {
		return "1 goroutine is"
	}
	return fmt.Sprintf("%d goroutines are", n)
}

func pronoun(n int) string {
	if n == 1 {
		return "it"
	}
	return "them"
}

func printLeaks(b *strings.Builder, leaks []Leak, remedy bool) {
	for i := range leaks {
		if i == maxPrinted {
			fmt.Fprintf(b, "\nand %s at %s\n", text.Count(count(leaks[i:]), "goroutine"), text.Count(len(leaks)-i, "further place"))
			return
		}
		b.WriteByte('\n')
		leaks[i].print(b, remedy)
	}
}

// String returns the paragraph of the report on it.
func (l Leak) String() string {
	var b strings.Builder
	l.print(&b, true)
	return b.String()
}

func (l *Leak) print(b *strings.Builder, remedy bool) {
	fmt.Fprintf(b, "%s [%s", text.Count(l.Count, "goroutine"), l.State)
	if l.Minutes > 0 {
		fmt.Fprintf(b, ", %s", text.Count(l.Minutes, "minute"))
	}
	if l.Proven {
		b.WriteString(", for ever")
	}
	fmt.Fprintf(b, "] %s\n", l.Site)
	if l.CreatedBy != "" {
		fmt.Fprintf(b, "    created by %s\n", l.CreatedBy)
	}
	for g := range stacks.All(l.Stack) {
		printCalls(b, g.Frames)
	}
	if l.Advice != "" {
		fmt.Fprintf(b, "    this is %s\n", l.Advice)
	}
	if option := l.option(); remedy && option != "" {
		fmt.Fprintf(b, "    to let %s pass: %s\n", pronoun(l.Count), option)
	}
}

// printCalls leaves out the runtime at the inner end: what a goroutine waits
// for is said by its state.
func printCalls(b *strings.Builder, frames []stacks.Frame) {
	for len(frames) > 1 && strings.HasPrefix(frames[0].Func, "runtime.") {
		frames = frames[1:]
	}
	for i, f := range frames {
		if len(frames) > maxCalls && i == maxCalls-2 {
			fmt.Fprintf(b, "        … %d calls …\n", len(frames)-maxCalls+1)
		}
		if len(frames) <= maxCalls || i < maxCalls-2 || i == len(frames)-1 {
			fmt.Fprintf(b, "        %s\n", f)
		}
	}
}

// option returns the option that lets as many goroutines pass.
func (l *Leak) option() string {
	switch {
	case l.creator != "":
		return fmt.Sprintf("leakguard.IgnoreCreator(%q, %d)", l.creator, l.Count)
	case l.root != "":
		return fmt.Sprintf("leakguard.IgnoreEntry(%q, %d)", l.root, l.Count)
	}
	return ""
}
