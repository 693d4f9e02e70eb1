package sim

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"
)

// Trial is what to run: so many healthy lives of each family, and so many
// leaking ones of each family and rate, with seeds from First on.
type Trial struct {
	// Families are those whose lives are played.
	Families []Family
	// Healthy and Leaky are numbers of lives.
	Healthy, Leaky int
	// First is the first seed.
	First uint64
	// New returns a detector for one life.
	New func() Detector
}

// Run plays all lives, on all processors, and returns a score per family.
func (t Trial) Run() []Score {
	scores := make([]Score, len(t.Families))
	var all sync.WaitGroup
	next := make(chan int)
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for i := range next {
				scores[i] = t.family(t.Families[i])
			}
		})
	}
	for i := range t.Families {
		next <- i
	}
	close(next)
	all.Wait()
	return scores
}

func (t Trial) family(f Family) Score {
	var s Score
	for i := range t.Healthy {
		s.Add(Run(f.Make(t.First+uint64(i), 0), t.New()))
	}
	for r, rate := range Rates {
		for i := range t.Leaky {
			s.Add(Run(f.Make(t.First+uint64(100_000*(r+1)+i), rate), t.New()))
		}
	}
	return s
}

const header = "| family | healthy lives | false Leaking | false Suspect | false Growing | precision | " +
	"0.1 %/h | 0.3 %/h | 1 %/h | 3 %/h | 10 %/h | covered |\n" +
	"|---|---|---|---|---|---|---|---|---|---|---|---|\n"

// Table writes scores as Markdown, with a last line for all families together.
func (t Trial) Table(scores []Score) string {
	var b strings.Builder
	b.WriteString(header)
	var sum Score
	for i := range scores {
		b.WriteString(scores[i].row(t.Families[i].Name))
		sum.Join(&scores[i])
	}
	b.WriteString(sum.row("**all**"))
	return b.String()
}

func (s *Score) row(name string) string {
	row := fmt.Sprintf("| %s | %d | %s | %s | %s | %.3f |", name, s.Healthy, share(s.FalseLeaking, s.Healthy),
		share(s.FalseSuspect, s.Healthy), share(s.FalseGrowing, s.Healthy), s.Precision())
	for i := range Rates {
		row += fmt.Sprintf(" %.2f @%s |", ratio(s.Found[i], max(s.Leaks[i], 1)), hours(Median(s.Delays[i])))
	}
	return row + fmt.Sprintf(" %.2f |\n", ratio(s.Covered, max(s.Asked, 1)))
}

// share writes a share with its interval: "1.5 % (0.7-3.2)".
func share(part, whole int) string {
	low, high := Wilson(part, whole)
	return fmt.Sprintf("%.1f %% (%.1f-%.1f)", 100*ratio(part, max(whole, 1)), 100*low, 100*high)
}

func hours(d time.Duration) string {
	if d == Never {
		return "-"
	}
	return fmt.Sprintf("%.0fh", d.Hours())
}
