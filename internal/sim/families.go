package sim

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Group says what the lives of a family may be used for.
type Group string

// The groups of families.
const (
	// Tuning: constants may be chosen on these families.
	Tuning Group = "tuning"
	// Second: families that were held out at first, but looked at when rules
	// were added later.
	Second Group = "second"
	// Third: families that were unseen at first, too; misses of these were
	// looked at when later rules were made.
	Third Group = "third"
	// Fourth: as Third, and misses of these were looked at when joined lives learnt
	// what the load is worth.
	Fourth Group = "fourth"
	// Unseen: families that no rule was made for. They were written and played when
	// the rules were done.
	Unseen Group = "unseen"
	// Endless: healthy growth that lasts longer than anything can wait, such as
	// a cache that fills for two days. It is reported by itself.
	Endless Group = "endless"
)

// Family makes lives of one kind.
type Family struct {
	// Name is one word.
	Name string
	// Group is what it may be used for.
	Group Group
	// About says in a few words what happens in such a life.
	About string
	shape func(p *plan)
}

// Families lists all families, in the order of the table.
func Families() []Family {
	return []Family{
		{"flat", Tuning, "constant load, white noise", func(*plan) {}},
		{"diurnal", Tuning, "load follows the day, by 20 to 80 %", diurnal},
		{"warmup", Tuning, "fills towards a level within hours", warmup},
		{"step", Tuning, "one to three steps up or down", steps},
		{"ramp", Tuning, "a cache fills at a constant rate for 1 to 9 hours", ramp},
		{"batch", Tuning, "bursts of 3 to 30 minutes", batch},
		{"ou", Tuning, "noise with a memory of 0.3 to 3 hours", ou},
		{"restart", Tuning, "restarts with the ring restored", restarts},
		{"shift", Tuning, "the load changes for good", shift},
		{"mix", Tuning, "warm-up, day and autocorrelated noise", mix},
		{"gogc", Tuning, "GOGC changes: rarer points, other garbage", gogc},
		{"sparse", Second, "a collection every 2 to 40 minutes", sparse},
		{"missing", Second, "a third of the points lost, and gaps of hours", missing},
		{"tenants", Second, "a second tenant with a load of its own arrives", tenants},
		{"drop", Second, "caches are dropped now and then, without notice", drop},
		{"lag", Second, "memory follows the day's load 15 to 60 minutes late", lag},
		{"nightly", Third, "a job each night, a cache that is filled and emptied", nightly},
		{"deploys", Third, "a restart each 6 to 10 hours, with a warm-up and the day's load", deploys},
		{"connections", Third, "follows the day by connections, the load is not told", connections},
		{"pareto", Third, "spikes with a heavy tail", pareto},
		{"plateau", Third, "grows for 1 to 6 hours at some time, and stops", plateau},
		{"daily", Fourth, "a restart each day at the same hour, a long warm-up", daily},
		{"crashes", Fourth, "restarts at random, each warms up by another amount", crashes},
		{"compaction", Fourth, "something grows for 1 to 8 hours and is dropped", compaction},
		{"concave", Fourth, "memory follows the day's load by less the more there is", concave},
		{"surge", Fourth, "on top of the day the load rises for 10 to 30 hours, stays and goes", surge},
		{"halfday", Unseen, "restarts at the same two hours each day, a long warm-up", halfday},
		{"relevel", Unseen, "one to three steps up or down beside the day's load", relevel},
		{"amplitude", Unseen, "the day's load swings by another amount each day", amplitude},
		{"swing", Unseen, "something comes and goes every 5 to 11 hours, untold", swing},
		{"autoscale", Unseen, "the load rises for hours and falls when an instance is added", autoscale},
		{"longramp", Endless, "a cache fills at a constant rate for 12 to 60 hours", longRamp},
	}
}

// Make makes a life of a family, which leaks a share of the level per hour; 0
// is healthy.
func (f Family) Make(seed uint64, leak float64) Life {
	hash := uint64(14695981039346656037)
	for _, c := range []byte(f.Name) {
		hash = (hash ^ uint64(c)) * 1099511628211
	}
	p := newPlan(rand.New(rand.NewPCG(seed, hash)))
	f.shape(p)
	return Life{
		Family: f.Name, Seed: seed, Leak: leak, PerHour: leak * p.base, Steady: !p.byLoad,
		Onset: at(p.onset), Started: start, Settled: at(p.settled), Points: p.play(leak),
	}
}

// Make makes a life of the family with a name. It panics if there is none.
func Make(family string, seed uint64, leak float64) Life {
	for _, f := range Families() {
		if f.Name == family {
			return f.Make(seed, leak)
		}
	}
	panic(fmt.Sprintf("sim: no family is called %q", family))
}

// day returns a load that follows the day, with a second harmonic.
func day(rnd *rand.Rand, least, most float64) func(float64) float64 {
	swing, phase := uniform(rnd, least, most), uniform(rnd, 0, 2*math.Pi)
	second, phase2 := uniform(rnd, 0, 0.3)*swing, uniform(rnd, 0, 2*math.Pi)
	return func(m float64) float64 {
		a := 2 * math.Pi * m / (24 * 60)
		return max(1+swing*math.Sin(a+phase)+second*math.Sin(2*a+phase2), 0.05)
	}
}

// filling returns how full something is that fills towards 1.
func filling(m, begin, tau float64) float64 {
	if m < begin {
		return 0
	}
	return 1 - math.Exp(-(m-begin)/tau)
}

func diurnal(p *plan) { p.load = day(p.rnd, 0.2, 0.8) }

func warmup(p *plan) {
	size, tau := uniform(p.rnd, 0.2, 1.5), uniform(p.rnd, 10, 150)
	p.extra = func(m float64) float64 { return size * filling(m, 0, tau) }
	p.settled = 5 * tau
}

func steps(p *plan) {
	times, sizes := times(p.rnd, 1+p.rnd.IntN(3)), make([]float64, 3)
	for i := range sizes {
		sizes[i] = uniform(p.rnd, -0.25, 0.8)
	}
	p.extra = func(m float64) (sum float64) {
		for i, at := range times {
			if m >= at {
				sum += sizes[i]
			}
		}
		return sum
	}
}

// times returns moments in a life.
func times(rnd *rand.Rand, n int) []float64 {
	list := make([]float64, n)
	for i := range list {
		list[i] = uniform(rnd, 30, Hours*60)
	}
	return list
}

func ramp(p *plan)     { fill(p, 1, 9) }
func longRamp(p *plan) { fill(p, 12, 60) }

func fill(p *plan, least, most float64) {
	size, begin := uniform(p.rnd, 0.2, 2), uniform(p.rnd, 0, 120)
	length := uniform(p.rnd, least, most) * 60
	p.extra = func(m float64) float64 { return size * min(max(m-begin, 0)/length, 1) }
	p.settled = begin + length
}

func batch(p *plan) {
	every, length, size := uniform(p.rnd, 20, 360), uniform(p.rnd, 3, 30), uniform(p.rnd, 0.1, 1)
	length = min(length, every/2)
	phase := uniform(p.rnd, 0, every)
	p.extra = func(m float64) float64 {
		if math.Mod(m+phase, every) < length {
			return size
		}
		return 0
	}
}

func ou(p *plan) { p.wild, p.tau = uniform(p.rnd, 0.01, 0.06), uniform(p.rnd, 20, 180) }

func restarts(p *plan) {
	every, size, tau := uniform(p.rnd, 4, 30)*60, uniform(p.rnd, 0.2, 1), uniform(p.rnd, 5, 60)
	p.fresh = map[int]bool{}
	for m := every; m < Hours*60; m += every {
		p.fresh[int(m)] = true
	}
	p.extra = func(m float64) float64 { return size * filling(math.Mod(m, every), 0, tau) }
	p.settled = 5 * tau
}

func shift(p *plan) {
	begin, over := uniform(p.rnd, 60, 60*60), uniform(p.rnd, 5, 180)
	size := uniform(p.rnd, -0.5, 1)
	p.load = func(m float64) float64 { return 1 + size*min(max(m-begin, 0)/over, 1) }
}

func mix(p *plan) {
	warmup(p)
	diurnal(p)
	p.wild, p.tau = uniform(p.rnd, 0.005, 0.02), uniform(p.rnd, 20, 90)
}

// gogc changes GOGC twice: collections are rarer or more frequent, and what
// they leave as floating garbage changes. Half of the lives know of it.
func gogc(p *plan) {
	diurnal(p)
	first, second := uniform(p.rnd, 3, 30)*60, uniform(p.rnd, 32, 70)*60
	sizes := [3]float64{0, uniform(p.rnd, -0.1, 0.2), uniform(p.rnd, -0.1, 0.2)}
	every := [3]float64{1, uniform(p.rnd, 1, 10), uniform(p.rnd, 1, 10)}
	phase := func(m float64) int {
		switch {
		case m < first:
			return 0
		case m < second:
			return 1
		}
		return 2
	}
	if p.rnd.IntN(2) == 0 {
		p.hints = []int{int(first), int(second)}
	}
	p.extra = func(m float64) float64 { return sizes[phase(m)] }
	p.keep = everyNth(p, func(m float64) float64 { return every[phase(m)] })
}
