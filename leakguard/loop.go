package leakguard

import (
	"fmt"
	"slices"
	"strings"

	"github.com/govitals/govitals/internal/usage"
)

const (
	// minIterations is the least that Loop can judge: one to warm up and four
	// to look at.
	minIterations = 5
	// warmUpPart is the part of the iterations that comes before the first look.
	warmUpPart = 5
	// loopSteps is how many times Loop looks, after the first time.
	loopSteps = 8
)

// Loop runs f n times and fails the test if something grows with the
// iterations: goroutines, bytes and objects on the heap, file descriptors,
// threads, finalizers that wait, metric series if a [Budget] counts them.
//
//	leakguard.Loop(t, 50, func() {
//		client := newClient(server.URL)
//		defer client.Close()
//		client.Get("/")
//	})
//
// What f makes once, or until a pool is full, is no leak, and neither are
// goroutines, descriptors and memory that go away within the [Patience]. The
// message says what grows, by how much with each iteration, and where it comes
// from. A [Budget] sets how much each iteration may leave behind.
//
// n is at least 5, and 50 is a good number: the first fifth is warm-up, and
// what has filled up by four fifths passes. The smallest growth that Loop sees:
//
//   - goroutines, descriptors, series, finalizers: 3 in the middle 60 % of the
//     iterations, so one in 10 iterations for n = 50; threads: one in 5, when
//     those are used up that the runtime had to spare
//   - heap, from n = 40 on: 40 × GOMAXPROCS / n objects with each iteration, and
//     one at least, however small, if not more of what was there before becomes
//     free meanwhile; so a single object shows from n = 160 on with 4 processors
//   - heap otherwise, when something is enlarged now and then or n is below 40:
//     some 110 KiB / n with each iteration, which is 2.2 KiB for n = 50
//
// A leak that begins in the second half of the loop is not seen, nor is one
// beneath a larger amount that goes away within the Patience, nor a buffer that
// grows by doubling if it did so last before the last quarter.
//
// Loop forces 9 garbage collections, and more before it complains. f runs in the
// goroutine of the caller, with its pprof labels. If f panics or ends the goroutine
// (t.FailNow, t.SkipNow), nothing is judged and the test fails, unless it was
// skipped. What else runs in the process counts too, so in a parallel test Loop
// fails and says so.
func Loop(t T, n int, f func(), options ...Option) {
	if isNil(t) {
		panic("leakguard.Loop: T is nil: pass the t of the test")
	}
	helperOf(t)()
	l := newLoop(n, f, newSettings(options))
	l.demandAlone(t)
	if len(l.problems) > 0 {
		t.Errorf("leakguard.Loop did not run: %s", strings.Join(l.problems, "\n  and "))
		return
	}
	defer l.complainUnlessDone(t)
	complaints := l.run()
	l.isDone = true
	if texts := l.limits.file.texts(complaints); len(texts) > 0 {
		t.Errorf("leakguard.Loop: with each of %d iterations\n  %s", n, strings.Join(texts, "\n  "))
	}
}

// repetition is one run of Loop.
type repetition struct {
	f        func()
	n        int
	done     int
	isDone   bool
	limits   *limits
	wait     *pauser
	meters   []meter
	problems []string
}

// meter follows one resource through a loop.
type meter interface {
	// start reads what there is before the first iteration.
	start()
	// read reads what there is after an iteration.
	read(iteration int, isLast bool)
	// again reads the end once more, when some time has passed.
	again()
	// verdict says what grows.
	verdict() []complaint
}

func newLoop(n int, f func(), s *settings) *repetition {
	l := &repetition{
		f: f, n: n, limits: newLimits(s).ofLoop(s.budget),
		wait: &pauser{patience: s.patience}, problems: s.problems,
	}
	if f == nil {
		l.problem("f is nil: give the function to repeat")
	}
	if n < minIterations {
		l.problem("n is %d: growth shows from %d iterations on, and 50 is a good number", n, minIterations)
	}
	if s.scope == LabelScope || s.since != nil {
		l.problem("LabelScope and Since have no meaning here: what counts is what began in the loop")
	}
	l.addMeters(s)
	return l
}

// demandAlone refuses a parallel test.
func (l *repetition) demandAlone(t T) {
	if parallelismOf(t) == isParallel {
		l.problem("the test is parallel, and the heap, descriptors and goroutines belong to all tests that run: do not call t.Parallel")
	}
}

func (l *repetition) problem(format string, args ...any) {
	l.problems = append(l.problems, fmt.Sprintf(format, args...))
}

// addMeters makes those that are needed. The memory comes last: its reading
// collects garbage, and that closes descriptors.
func (l *repetition) addMeters(s *settings) {
	looked := l.limits.looked
	if s.budget == nil || s.budget.Goroutines != Any {
		ignores := slices.DeleteFunc(slices.Clone(s.ignores), func(i *ignore) bool { return i.shrinks }) // lines of the file
		l.meters = append(l.meters, &goroutineMeter{limits: l.limits, ignores: ignores})
	}
	afterCollection := func() {}
	if looked[fileDescriptors] {
		m := &descriptorMeter{limits: l.limits, wait: l.wait}
		afterCollection = m.afterCollection
		l.meters = append(l.meters, m)
	}
	if looked[threadCount] {
		l.meters = append(l.meters, &countMeter{limits: l.limits, resource: threadCount, tolerance: threadTolerance, count: threadsNow})
	}
	if looked[metricSeries] {
		l.meters = append(l.meters, &countMeter{limits: l.limits, resource: metricSeries, tolerance: countTolerance, count: l.limits.count})
	}
	if looked[heapBytes] || looked[heapObjects] || looked[finalizerBacklog] {
		l.meters = append(l.meters, &memoryMeter{limits: l.limits, afterCollection: afterCollection})
	}
}

func threadsNow() (int, error) { return usage.Threads(), nil }

// run runs the iterations and returns what is wrong.
func (l *repetition) run() []complaint {
	usage.Prime()
	for _, m := range l.meters {
		m.start()
	}
	for _, iteration := range l.looks() {
		l.repeatUntil(iteration)
		for _, m := range l.meters {
			m.read(iteration, iteration == l.n)
		}
	}
	return append(l.settle(), l.limits.unanswered()...)
}

// looks returns the iterations after which to look: the warm-up, then equal steps.
func (l *repetition) looks() []int {
	warmUp := max(1, l.n/warmUpPart)
	rest := l.n - warmUp
	steps := min(loopSteps, rest)
	looks := make([]int, 0, loopSteps+1)
	for step := range steps + 1 {
		looks = append(looks, warmUp+rest/steps*step+rest%steps*step/steps) // rest*step may overflow
	}
	return looks
}

func (l *repetition) repeatUntil(iteration int) {
	for l.done < iteration {
		l.f()
		l.done++
	}
}

// settle waits for what grew to go away by itself, and returns what does not.
// It looks once more even without patience.
func (l *repetition) settle() []complaint {
	complaints, guilty := verdicts(l.meters)
	l.wait.begin()
	for waits := true; waits && len(guilty) > 0; waits = l.wait.pause() {
		for _, m := range guilty {
			m.again()
		}
		complaints, guilty = verdicts(guilty)
	}
	return complaints
}

// verdicts asks the meters and returns those that complain.
func verdicts(meters []meter) (complaints []complaint, guilty []meter) {
	for _, m := range meters {
		if said := m.verdict(); len(said) > 0 {
			complaints, guilty = append(complaints, said...), append(guilty, m)
		}
	}
	return complaints, guilty
}

// complainUnlessDone reports a loop that f broke off, so that it does not pass
// for one that found nothing.
func (l *repetition) complainUnlessDone(t T) {
	if skipper, ok := t.(interface{ Skipped() bool }); l.isDone || ok && skipper.Skipped() {
		return
	}
	t.Errorf("leakguard.Loop: f did not return from iteration %d of %d: it panicked, or ended the goroutine as t.FailNow does; its growth is not known",
		l.done+1, l.n)
}
