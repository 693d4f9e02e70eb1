package heap

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/govitals/govitals/finding"
	"github.com/govitals/govitals/internal/text"
)

// hasSizes reports whether there are figures to print.
func (a Advice) hasSizes() bool { return a.Memory.Limit > 0 }

// basis says what the figures stand on.
func (a Advice) basis() string {
	said := fmt.Sprintf("based on %s and %s", text.Duration(a.Observed), text.Count(toInt(a.Cycles), "garbage collection"))
	if a.Observed < 24*time.Hour {
		said += "; less than a day, so the daily peak may be missing"
	}
	return said
}

// String is the advice in words, for a person.
func (a Advice) String() string {
	var b strings.Builder
	b.WriteString(a.Summary + "\n")
	if !a.hasSizes() {
		return b.String()
	}
	row := func(name, format string, values ...any) {
		fmt.Fprintf(&b, "%-8s "+format+"\n", append([]any{name}, values...)...)
	}
	m := a.Memory
	row("memory", "request %s, limit %s, GOMEMLIMIT=%s", text.Bytes(m.Request), text.Bytes(m.Limit), mebibytes(m.GOMEMLIMIT))
	row("today", "request %s, limit %s, GOMEMLIMIT %s%s", known(m.TodayRequest, "not known"),
		known(m.TodayLimit, "none"), known(m.TodayGOMEMLIMIT, "not set"), savesBytes(m.Saves))
	if c := a.CPU; c.Request > 0 {
		row("cpu", "request %s; a quota of %s would have sufficed for 99 %% of %s", millicores(c.Request), millicores(c.Sufficient), c.span())
		row("today", "%s", c.today())
	}
	if len(a.GCPrices) > 0 {
		row("gc", "%s", a.priceList())
	}
	b.WriteString(a.basis() + "\n")
	return b.String()
}

func known(bytes uint64, otherwise string) string {
	if bytes == 0 {
		return otherwise
	}
	return text.Bytes(bytes)
}

// savesBytes says what the advice saves or needs more.
func savesBytes(n int64) string {
	switch {
	case n > 0:
		return "; saves " + text.Bytes(uint64(n))
	case n < 0:
		return "; needs " + text.Bytes(uint64(-n)) + " more"
	}
	return ""
}

func savesCores(cores float64) string {
	switch {
	case cores >= 0.001:
		return "; saves " + millicores(cores)
	case cores <= -0.001:
		return "; needs " + millicores(-cores) + " more"
	}
	return ""
}

// span is what Sufficient is said of.
func (c CPUSize) span() string {
	if c.bursts() {
		return "the seconds, but for bursts within them"
	}
	return "the time"
}

// today says what is set for CPU and how often it held the process back.
func (c CPUSize) today() string {
	request, quota := "not known", "none"
	if c.TodayRequest > 0 {
		request = millicores(c.TodayRequest)
	}
	if c.TodayQuota > 0 {
		quota = fmt.Sprintf("%s, throttled in %s of periods", millicores(c.TodayQuota), percent(c.ThrottledShare))
	}
	return "request " + request + savesCores(c.Saves) + ", quota " + quota
}

// priceList is the curve in words.
func (a Advice) priceList() string {
	said := make([]string, 0, len(a.GCPrices))
	for _, price := range a.GCPrices {
		said = append(said, fmt.Sprintf("%s at a limit of %s (GOGC=%d)", percent(price.CPUShare), text.Bytes(price.Limit), price.GOGC))
	}
	return "uses " + percent(a.GCShare) + " of the CPU; would use " + strings.Join(said, ", ")
}

// Kubernetes is the advice as the resources block of a container in YAML, with
// today's values and the reasons as comments. Without figures it is a comment
// alone.
func (a Advice) Kubernetes() string {
	var b strings.Builder
	b.WriteString("# " + a.Summary + "\n")
	if !a.hasSizes() {
		return b.String()
	}
	b.WriteString("# " + a.basis() + "\n")
	a.warn(&b)
	line := func(value, comment string) { fmt.Fprintf(&b, "%-22s # %s\n", value, comment) }
	m := a.Memory
	b.WriteString("resources:\n  requests:\n")
	line("    memory: "+quantity(m.Request), "today "+known(m.TodayRequest, "not known")+savings(m.TodayRequest > 0, m.Saves))
	if a.CPU.Request > 0 {
		line("    cpu: "+millicoresYAML(a.CPU.Request), a.CPU.today())
	}
	b.WriteString("  limits:\n")
	line("    memory: "+quantity(m.Limit), "today "+known(m.TodayLimit, "none")+savings(m.TodayRequest == 0, m.Saves))
	a.quotaLine(&b, line)
	fmt.Fprintf(&b, "# env GOMEMLIMIT=%s, today %s\n", mebibytes(m.GOMEMLIMIT), known(m.TodayGOMEMLIMIT, "not set"))
	for _, price := range a.GCPrices {
		fmt.Fprintf(&b, "# at a limit of %s (GOGC=%d) GC would use %s of the CPU\n", quantity(price.Limit), price.GOGC, percent(price.CPUShare))
	}
	return b.String()
}

// warn repeats in the block what must not be missed by who copies it alone.
func (a Advice) warn(b *strings.Builder) {
	if a.Growth == finding.Leaking || a.Growth == finding.Suspect {
		b.WriteString("# do not apply before the growth is found\n")
	}
}

// quotaLine keeps a quota where there is one, because GOMAXPROCS follows it
// (since Go 1.25), and mentions it where there is none.
func (a Advice) quotaLine(b *strings.Builder, line func(value, comment string)) {
	switch {
	case a.CPU.Sufficient == 0:
	case a.CPU.TodayQuota > 0:
		line("    cpu: "+millicoresYAML(a.CPU.Sufficient), fmt.Sprintf("today %s, throttled in %s of periods; without a limit GOMAXPROCS is that of the node",
			millicores(a.CPU.TodayQuota), percent(a.CPU.ThrottledShare)))
	default:
		fmt.Fprintf(b, "    # no cpu limit today; %s would have sufficed for 99 %% of the time\n", millicores(a.CPU.Sufficient))
	}
}

// savings shows savings beside the value that they are about.
func savings(here bool, n int64) string {
	if !here {
		return ""
	}
	return savesBytes(n)
}

// quantity writes bytes as Kubernetes does, in whole Mi.
func quantity(n uint64) string { return strconv.FormatUint(n>>20, 10) + "Mi" }

// millicoresYAML quotes a number, since Kubernetes wants cpu as a string and
// YAML reads 2 as a number.
func millicoresYAML(cores float64) string { return `"` + millicores(cores) + `"` }
