package vitals

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/text"
)

// well tells how well it is: live memory, goroutines, what the user added.
func (o outlook) well() []string {
	line := []string{openings[finding.OK]}
	for _, f := range o.interesting() {
		if f.Signal == "heap" && f.Cause == "" && o.flat.span > 0 {
			line = append(line, o.flat.String())
			continue
		}
		line = append(line, f.Summary)
	}
	return line
}

// tooEarly tells how much of the time has passed that a verdict on growth takes,
// how the life before ended, and what is seen so far.
func (o outlook) tooEarly() []string {
	line := []string{openings[finding.TooEarly] + o.missing() + "."}
	if o.ended != "" {
		line = append(line, o.ended)
	}
	for _, f := range o.interesting() {
		line = append(line, f.Summary)
	}
	return line[:min(len(line), summed+1)]
}

func (o outlook) missing() string {
	if o.age < o.need {
		return fmt.Sprintf(": %s of %s of data to judge growth", text.Duration(o.age.Truncate(time.Second)), text.Duration(o.need))
	}
	var waiting []string
	for _, f := range o.findings {
		if f.State == finding.TooEarly && !slices.Contains(waiting, f.Signal) {
			waiting = append(waiting, f.Signal)
		}
	}
	named := strings.Join(waiting[:min(summed, len(waiting))], ", ")
	if left := len(waiting) - summed; left > 0 {
		named += fmt.Sprintf(" and %d more", left)
	}
	return fmt.Sprintf(" for %s, after %s", named, text.Duration(o.age.Truncate(time.Second)))
}

// interesting are the findings that are mentioned while nothing is wrong.
func (o outlook) interesting() []finding.Finding {
	said := filter(o.findings, func(f finding.Finding) bool { return f.Signal != "setup" })
	slices.SortStableFunc(said, func(a, b finding.Finding) int { return cmp.Compare(interest(a), interest(b)) })
	return said[:min(len(said), summed)]
}
