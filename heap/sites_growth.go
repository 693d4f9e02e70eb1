package heap

import (
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/memprof"
)

// SiteGrowth is how much one allocation site grew over the history of a Sites.
// Sizes are estimates in bytes, made from samples as go tool pprof makes them.
type SiteGrowth struct {
	// Func is the function to blame: the first one, from the allocation
	// outwards, that belongs neither to the runtime nor to the standard
	// library. It is empty where replayed addresses are not of this program.
	Func string
	// File and Line are where it allocates.
	File string
	Line int
	// Bytes is the growth of what the site holds, below 0 if it shrank.
	Bytes int64
	// Low and High hold the true growth with a confidence of 95 %, as far as
	// sampling is concerned: about Bytes ± 1.96·sqrt(Bytes·MemProfileRate).
	// Both equal Bytes at a rate of 1.
	Low, High int64
	// PerHour is the pace: the median slope over the history, in bytes per
	// hour.
	PerHour float64
	// Share is the part of the exact growth of the live heap that Bytes is, and
	// ShareLow and ShareHigh that of Low and High. It is above 1 where others
	// shrank. All three are 0 where the share is not known: the live heap did
	// not grow, or the readings were replayed. Read it with its bounds only.
	Share, ShareLow, ShareHigh float64
	// Samples is by how many sampled objects the site changed. Below 20 the
	// estimate is coarse, and String says so.
	Samples int64
	// Objects is the number of objects that the site holds.
	Objects int64
	// MeanAge is how long objects of this site live on average, by Little's
	// law, 0 if not known. For a site that only grows it is the length of the
	// history.
	MeanAge time.Duration
	// OlderThan is true if nothing was allocated here over the history, so that
	// all that MeanAge says is how long that is.
	OlderThan bool
	// Stack is the whole stack, the allocation first, as far as the runtime
	// keeps it: 32 frames.
	Stack []Frame
}

// Frame is one function call of a stack.
type Frame struct {
	// Func is the full name of the function, with its import path.
	Func string
	// File and Line are where the call stands.
	File string
	Line int
}

// Growth returns the n sites that grew most steadily, ranked by slope times
// monotonicity, then those that shrank, the largest loss last. Sites that did
// not change, and this library's own, are left out. 48 growing sites and 16
// shrinking ones are kept ready. It does not wait for a step that is running;
// stacks are looked up in the symbol table here.
func (s *Sites) Growth(n int) []SiteGrowth {
	top, total := s.top(n)
	growths := make([]SiteGrowth, len(top))
	for i := range top {
		growths[i] = newSiteGrowth(&top[i], total)
	}
	return growths
}

// top copies the first n sites that changed.
func (s *Sites) top(n int) ([]memprof.Growth, memprof.Total) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var top []memprof.Growth
	for _, g := range s.tracker.Top() {
		if len(top) >= n {
			break
		}
		if g.Bytes != 0 {
			top = append(top, g)
		}
	}
	return top, s.tracker.Total()
}

func newSiteGrowth(g *memprof.Growth, total memprof.Total) SiteGrowth {
	owner := memprof.Owner(g.Stack())
	growth := SiteGrowth{
		Func: owner.Func, File: owner.File, Line: owner.Line,
		Bytes: g.Bytes, Low: g.Low, High: g.High, PerHour: g.PerHour,
		Samples: g.Samples, Objects: g.Objects,
	}
	growth.MeanAge, growth.OlderThan = g.MeanAge()
	for _, f := range memprof.Frames(g.Stack()) {
		growth.Stack = append(growth.Stack, Frame(f))
	}
	// Live memory that shrank, or stood still, has no shares.
	if whole := float64(total.Growth); total.HasGrowth && whole > 0 {
		growth.Share, growth.ShareLow, growth.ShareHigh = float64(g.Bytes)/whole, float64(g.Low)/whole, float64(g.High)/whole
	}
	return growth
}

// Culprits returns those of the first n sites of Growth that grew and have a
// name, for use in a finding. The share is that of the growth of the live heap,
// 0 if not known. Together they are 1 at most, whatever their estimates add up to.
func (s *Sites) Culprits(n int) []finding.Culprit {
	var culprits []finding.Culprit
	for _, g := range s.Growth(n) {
		if g.Bytes > 0 && g.Func != "" {
			culprits = append(culprits, finding.Culprit{Name: g.Func, File: g.File, Line: g.Line, Share: clampShare(g.Share)})
		}
	}
	scaleShares(culprits)
	return culprits
}

// scaleShares takes from each alike what is more than all there is: few samples are
// coarse, and others may have shrunk.
func scaleShares(culprits []finding.Culprit) {
	all := 0.0
	for _, c := range culprits {
		all += c.Share
	}
	for i := range culprits {
		culprits[i].Share /= max(1, all)
	}
}

func clampShare(share float64) float64 { return min(max(share, 0), 1) }
