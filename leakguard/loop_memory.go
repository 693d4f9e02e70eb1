package leakguard

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/govitals/govitals/internal/text"
	"github.com/govitals/govitals/internal/usage"
)

// Tolerances of a loop. Those of counts are exact figures; what they have to
// bear is a last goroutine or socket that is just going away.
var (
	bytesTolerance  = usage.Tolerance{Total: float64(readingNoise[heapBytes])}
	countTolerance  = usage.Tolerance{Total: 3, Exact: true}
	threadTolerance = usage.Tolerance{Total: 3, Rate: 0.2, Exact: true}
)

// cacheDrift is by how many objects the caches of a processor in the runtime
// grow while goroutines come and go. usage.Prime fills most of them.
const cacheDrift = 32

// objectsTolerance was measured. Where nothing is kept, some tables come in one
// to three of eight steps; an object that each iteration keeps shows in all
// steps of five iterations, give or take two objects.
func objectsTolerance() usage.Tolerance {
	return usage.Tolerance{
		Total: float64(readingNoise[heapObjects]), Steady: 0.75, SteadyTotal: float64(cacheDrift * runtime.GOMAXPROCS(0)),
	}
}

// memoryMeter follows the heap and the finalizers.
type memoryMeter struct {
	limits                  *limits
	bytes, objects, backlog usage.Series
	first, last             usage.Memory
	allocations             allocations
	afterCollection         func()
}

// start makes the allocations of our own before the first reading.
func (m *memoryMeter) start() { m.allocations.start() }

// read collects once, which is half the price. What two collections would free
// is a constant, and again has the last word on what grows.
func (m *memoryMeter) read(iteration int, _ bool) {
	now := usage.ReadMemoryOnce()
	if m.bytes.Len() == 0 {
		m.allocations.start()
		m.first = now
	}
	m.bytes.Add(iteration, float64(now.Bytes))
	m.objects.Add(iteration, float64(now.Objects))
	m.backlog.Add(iteration, float64(now.Backlog))
	m.afterCollection()
}

func (m *memoryMeter) again() {
	now := usage.ReadMemory()
	m.last = now
	m.bytes.Settle(float64(now.Bytes))
	m.objects.Settle(float64(now.Objects))
	m.backlog.Settle(float64(now.Backlog))
}

func (m *memoryMeter) verdict() []complaint {
	bytes, bytesGrow := m.limits.judge(heapBytes, &m.bytes, bytesTolerance)
	objects, objectsGrow := m.limits.judge(heapObjects, &m.objects, objectsTolerance())
	var all []complaint
	if bytesGrow || objectsGrow {
		c := complaint{text: growthText(bytes, heapBytes) + " in " + text.Figure(objects, "") + " objects" +
			m.limits.allowance(heapBytes) + m.limits.allowance(heapObjects) +
			m.sizes() + m.allocations.grown(m.bytes.Iterations())}
		if bytesGrow {
			c.lines = append(c.lines, lineOf(heapBytes, bytes))
		}
		if objectsGrow {
			c.lines = append(c.lines, lineOf(heapObjects, objects))
		}
		all = append(all, c)
	}
	if waiting, grows := m.limits.judge(finalizerBacklog, &m.backlog, countTolerance); grows {
		all = append(all, m.limits.complain(finalizerBacklog, waiting,
			"\n      one of them is stuck: look for runtime.runFinalizers and runtime.runCleanups in a goroutine dump"))
	}
	return all
}

// sizesShown is how many size classes a message names.
const sizesShown = 3

// sizes says how large what stays is: often that is enough to know what it is.
func (m *memoryMeter) sizes() string {
	var sizes []string
	for _, class := range m.last.Gained(&m.first) {
		each := float64(class.Objects) / m.bytes.Iterations()
		if each >= 0.5 && len(sizes) < sizesShown {
			sizes = append(sizes, fmt.Sprintf("%.1f × %s", each, text.Bytes(uint64(class.Bytes))))
		}
	}
	if len(sizes) == 0 {
		return ""
	}
	return ", by size " + strings.Join(sizes, ", ")
}
