package leakguard

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/govitals/govitals/internal/proc"
	"github.com/govitals/govitals/internal/text"
	"github.com/govitals/govitals/internal/usage"
)

// descriptorMeter follows open file descriptors. It looks before each forced
// garbage collection and after it, for that closes what was forgotten, and so
// would hide it.
type descriptorMeter struct {
	limits *limits
	wait   *pauser
	err    error

	cohorts  *usage.Cohorts[proc.Descriptor]
	readings []int             // the iterations
	open     []proc.Descriptor // now

	since     []proc.Descriptor // what was open when the step began
	opened    usage.Series      // what steps left open, whether a collection closed it or not
	sum       int
	fresh     []proc.Descriptor // what the last step left open
	forgotten map[string]int    // of these, what the collection closed, by kind
}

func (m *descriptorMeter) start() {
	m.look()
	m.cohorts = usage.NewCohorts(slices.Values(m.open))
	m.since = m.open
}

// look lists what is open, and keeps the first error.
func (m *descriptorMeter) look() {
	open, err := listDescriptors()
	m.open, m.err = open, cmp.Or(m.err, err)
}

func (m *descriptorMeter) read(iteration int, isLast bool) {
	m.look()
	m.cohorts.See(len(m.readings), slices.Values(m.open))
	m.readings = append(m.readings, iteration)
	m.sum += len(m.open) - len(m.since)
	m.opened.Add(iteration, float64(m.sum))
	m.fresh = without(m.open, m.since)
	if _, grows := m.opened.Judge(countTolerance); grows && isLast {
		m.awaitClosing()
	}
	m.since = m.open
}

// awaitClosing lets others close what they are about to close, so that what the
// collection closes was forgotten.
func (m *descriptorMeter) awaitClosing() {
	for m.wait.begin(); len(m.fresh) > 0 && m.wait.pause(); {
		m.look()
		m.fresh = without(m.fresh, without(m.fresh, m.open))
	}
}

// afterCollection finds out what the collection closed.
func (m *descriptorMeter) afterCollection() {
	m.look()
	m.since = m.open
	m.forgotten = map[string]int{}
	for _, d := range without(m.fresh, m.open) {
		m.forgotten[d.Kind()]++
	}
}

func (m *descriptorMeter) again() { m.look() }

func (m *descriptorMeter) verdict() []complaint {
	if m.err != nil {
		return m.unable()
	}
	if kept := m.kept(); len(kept) > 0 {
		return kept
	}
	return m.closedByCollections()
}

// unable complains where the descriptors cannot be read, unless the system has
// no way and nobody asked.
func (m *descriptorMeter) unable() []complaint {
	if errors.Is(m.err, errors.ErrUnsupported) && !m.limits.wanted[fileDescriptors] {
		return nil
	}
	return []complaint{{text: fmt.Sprintf("the file descriptors could not be read: %v; with Budget{FDs: leakguard.Any} they are left out", m.err)}}
}

// kept complains about what is open still. Kinds with a line in the budget file
// are judged one by one, the others together.
func (m *descriptorMeter) kept() []complaint {
	byKind := map[string][]proc.Descriptor{}
	var others []proc.Descriptor
	for _, d := range m.open {
		if !m.cohorts.IsNew(d) {
			continue
		}
		if kind := fileKind(d); m.limits.kinds[kind] > 0 {
			byKind[kind] = append(byKind[kind], d)
		} else {
			others = append(others, d)
		}
	}
	var all []complaint
	for _, kind := range slices.Sorted(maps.Keys(byKind)) {
		growth, grows := m.limits.judgeKind(kind, m.seriesOf(byKind[kind]))
		all = append(all, m.complaintsAbout(byKind[kind], growth, grows)...)
	}
	growth, grows := m.limits.judge(fileDescriptors, m.seriesOf(others), countTolerance)
	return append(all, m.complaintsAbout(others, growth, grows)...)
}

// seriesOf returns how many of some descriptors were there at each reading.
func (m *descriptorMeter) seriesOf(some []proc.Descriptor) *usage.Series {
	series := &usage.Series{}
	for i, n := range m.cohorts.Counts(slices.Values(some)) {
		series.Add(m.readings[i], n)
	}
	return series
}

func (m *descriptorMeter) complaintsAbout(some []proc.Descriptor, growth float64, grows bool) []complaint {
	if !grows {
		return nil
	}
	return []complaint{m.limits.complain(fileDescriptors, growth, "; new ones are "+kindsText(some))}
}

// closedByCollections complains about what nobody closes but the collector.
func (m *descriptorMeter) closedByCollections() []complaint {
	closed := 0
	for _, n := range m.forgotten {
		closed += n
	}
	growth, grows := m.limits.judge(fileDescriptors, &m.opened, countTolerance)
	if step := m.readings[len(m.readings)-1] - m.readings[len(m.readings)-2]; !grows || float64(closed) < growth*float64(step)/2 {
		return nil
	}
	return []complaint{m.limits.complain(fileDescriptors, growth,
		" that only the garbage collector closes: "+countsText(m.forgotten))}
}

// maxDescriptors bounds what a look at the descriptors costs: a system call each.
const maxDescriptors = 1 << 16

// listDescriptors lists what is open. To list a part is not to have looked.
func listDescriptors() ([]proc.Descriptor, error) {
	list, err := proc.DescriptorList(maxDescriptors)
	if err == nil && len(list) == maxDescriptors {
		err = fmt.Errorf("%d or more are open: too many to look at", maxDescriptors)
	}
	return list, err
}

// fileKind is the kind as a budget file has it: the paths of another machine
// are of no use.
func fileKind(d proc.Descriptor) string {
	if strings.HasPrefix(d.Target, "/") {
		return "files"
	}
	return d.Kind()
}

// kindsText counts descriptors by kind and shows one of each.
func kindsText(list []proc.Descriptor) string {
	counts, examples := map[string]int{}, map[string]string{}
	for _, d := range list {
		counts[d.Kind()]++
		if target := examples[d.Kind()]; target == "" || d.Target < target {
			examples[d.Kind()] = d.Target
		}
	}
	said := countsText(counts)
	for _, kind := range slices.Sorted(maps.Keys(examples)) {
		if strings.HasPrefix(examples[kind], "/") {
			said += "\n      such as " + examples[kind]
		}
	}
	return said
}

// countsText writes "3 socket, 1 pipe", the largest count first.
func countsText(counts map[string]int) string {
	kinds := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	parts := make([]string, 0, len(kinds))
	for _, kind := range kinds {
		parts = append(parts, text.Figure(float64(counts[kind]), "")+" "+kind)
	}
	return strings.Join(parts, ", ")
}
