package leakguard

import (
	"fmt"
	"math"
	"strings"

	"github.com/govitals/govitals/internal/text"
	"github.com/govitals/govitals/internal/usage"
)

// readingNoise is what the difference of two readings may be without meaning anything:
// tables that a first use makes, and what the runtime keeps for reuse.
var readingNoise = [resources]int64{heapBytes: 64 << 10, heapObjects: 1000}

// limits are what is looked at, and how much of it may be left.
type limits struct {
	looked     [resources]bool
	wanted     [resources]bool // asked for: not to be able to look is a failure
	allowed    [resources]int64
	goroutines int64
	creators   map[string]int64 // goroutines allowed by the function that creates them, besides
	kinds      map[string]int64 // descriptors allowed by kind, besides
	answered   map[lineKey]bool
	count      func() (int, error)
	file       *budgetList
}

// newLimits adds up the budget and the file.
func newLimits(s *settings) *limits {
	l := &limits{creators: map[string]int64{}, kinds: map[string]int64{}, answered: map[lineKey]bool{}, file: &s.file}
	if b := s.budget; b != nil {
		l.count, l.goroutines = b.SeriesCount, int64(max(0, b.Goroutines))
		for r := range resources {
			allowed := b.of(r)
			l.wanted[r] = allowed != 0 && allowed != Any
			l.allowed[r] = min(max(allowed, 0), math.MaxInt64-maxCount) // the file adds to it
		}
		l.wanted[metricSeries] = b.SeriesCount != nil && b.Series != Any
	}
	for _, line := range l.file.lines {
		l.take(line)
	}
	l.wanted[metricSeries] = l.wanted[metricSeries] && l.count != nil // else the settings say that it is missing
	return l
}

func (l *limits) take(line budgetLine) {
	switch {
	case line.word == goroutinesWord:
		l.creators[line.site] = line.count
	case line.site != "":
		l.kinds[line.site] = line.count
		l.wanted[line.resource] = true
	default:
		l.allowed[line.resource] += line.count
		l.wanted[line.resource] = true
	}
}

// ofCheck returns the limits of a check, which compares two moments: what is
// not mentioned is not looked at, and goroutines are judged elsewhere.
func (l *limits) ofCheck() *limits {
	l.looked = l.wanted
	for creator := range l.creators {
		l.answer(lineKey{goroutinesWord, creator}, true)
	}
	return l
}

// ofLoop returns the limits of a loop: what is not excepted is looked at.
func (l *limits) ofLoop(b *Budget) *limits {
	for r := range resources {
		isOff := b != nil && b.of(r) == Any && !l.wanted[r]
		l.looked[r] = !isOff && (r != metricSeries || l.wanted[r])
	}
	return l
}

// judge returns by how much a series rises with each iteration, and whether
// that is a growth which goes beyond what is allowed.
func (l *limits) judge(r resource, s *usage.Series, t usage.Tolerance) (growth float64, grows bool) {
	if !l.looked[r] {
		return 0, false
	}
	return l.judgeAgainst(l.allowed[r], lineKey{r.word(), ""}, s, t)
}

// judgeKind is judge for descriptors of a kind that the file lists.
func (l *limits) judgeKind(kind string, s *usage.Series) (growth float64, grows bool) {
	return l.judgeAgainst(l.kinds[kind], lineKey{fileDescriptors.word(), kind}, s, countTolerance)
}

// judgeGoroutines is judge for those that a function creates.
func (l *limits) judgeGoroutines(creator string, s *usage.Series) (growth float64, grows bool) {
	return l.judgeAgainst(l.goroutines+l.creators[creator], lineKey{goroutinesWord, creator}, s, countTolerance)
}

func (l *limits) judgeAgainst(allowed int64, key lineKey, s *usage.Series, t usage.Tolerance) (growth float64, grows bool) {
	growth, grows = s.Judge(t)
	l.answer(key, grows)
	if grows && allowed > 0 {
		_, grows = s.Less(float64(allowed)).Judge(t)
	}
	return growth, grows
}

// answer notes whether there is what a line of the file lists.
func (l *limits) answer(key lineKey, isThere bool) {
	l.answered[key] = l.answered[key] || isThere
}

// unanswered names the lines of the file to which nothing answers any more.
func (l *limits) unanswered() []complaint {
	var all []complaint
	for _, line := range l.file.lines {
		if !l.answered[line.key()] {
			all = append(all, complaint{text: fmt.Sprintf("%s:%d lists %q, which is not there any more: remove the line", l.file.path, line.number, line)})
		}
	}
	return all
}

// allowance says what is allowed, if anything is.
func (l *limits) allowance(r resource) string {
	return allowedText(l.allowed[r], r.unit(), r.title())
}

func (l *limits) goroutineAllowance(creator string) string {
	return allowedText(l.goroutines+l.creators[creator], "", "")
}

func allowedText(allowed int64, unit, title string) string {
	if allowed == 0 {
		return ""
	}
	return " (allowed: " + strings.TrimSpace(text.Figure(float64(allowed), unit)+" "+title) + ")"
}

// growthText writes a growth: "+3 file descriptors".
func growthText(growth float64, r resource) string {
	return text.Change(growth, r.unit()) + " " + r.title()
}

// complaint is one thing that a check has found.
type complaint struct {
	text  string
	lines []budgetLine // which would make it pass
}

// complain says that a resource has grown by more than is allowed, with what else is known.
func (l *limits) complain(r resource, growth float64, details string) complaint {
	return complaint{text: growthText(growth, r) + l.allowance(r) + details, lines: []budgetLine{lineOf(r, growth)}}
}

// lineOf returns the line of a budget file that lets a growth pass.
func lineOf(r resource, growth float64) budgetLine {
	return budgetLine{word: r.word(), resource: r, count: wholeCount(growth)}
}

// wholeCount rounds up to what a file can hold. Slopes of sums are not exact.
func wholeCount(growth float64) int64 {
	return int64(min(max(1, math.Ceil(growth-1e-6)), maxCount))
}
