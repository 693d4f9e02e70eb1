package heap

import (
	"fmt"
	"strings"

	"github.com/govitals/govitals/internal/text"
)

// fewSamples is the number of samples below which an estimate is not given as
// a figure: its error is above 44 % of it.
const fewSamples = 20

// String writes what is known in one line, without the name of the site:
//
//	9.50 MiB ± 4.70 MiB (62–100 % of the growth), 1.10 MiB/h, mean age 4m
//	at least 1.20 MiB, 310 KiB/h
func (g SiteGrowth) String() string {
	var b strings.Builder
	b.WriteString(g.size())
	if g.Share > 0 {
		fmt.Fprintf(&b, " (%s of the growth)", g.share())
	}
	if g.PerHour != 0 {
		fmt.Fprintf(&b, ", %s/h", text.Figure(g.PerHour, "By"))
	}
	switch {
	case g.OlderThan:
		fmt.Fprintf(&b, ", older than %s", text.Duration(g.MeanAge))
	case g.MeanAge > 0:
		fmt.Fprintf(&b, ", mean age %s", text.Duration(g.MeanAge))
	}
	return b.String()
}

// size is the growth with its error, or where samples are few what it is at
// least.
func (g SiteGrowth) size() string {
	switch bytes := text.Figure(float64(g.Bytes), "By"); {
	case g.Low == g.High:
		return bytes
	case g.Samples >= fewSamples:
		return fmt.Sprintf("%s ± %s", bytes, text.Figure((float64(g.High)-float64(g.Low))/2, "By"))
	case g.Low > 0:
		return "at least " + text.Figure(float64(g.Low), "By")
	default:
		return "likely " + bytes
	}
}

// share is the interval in per cent. Above 100 % it says nothing more.
func (g SiteGrowth) share() string {
	low, high := 100*clampShare(g.ShareLow), 100*clampShare(g.ShareHigh)
	if low, high := fmt.Sprintf("%.0f", low), fmt.Sprintf("%.0f", high); low != high {
		return low + "–" + high + " %"
	}
	return fmt.Sprintf("%.0f %%", low)
}
