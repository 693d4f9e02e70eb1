package watch

import (
	"math"
	"math/rand/v2"
)

// A course is how a figure goes from point to point. Each call makes one of its kind.
type course func(*rand.Rand) func(i int) float64

// noisy is a line with noise around it.
func noisy(from, slope, noise float64) course {
	return func(r *rand.Rand) func(int) float64 {
		return func(i int) float64 { return from + slope*float64(i) + noise*r.NormFloat64() }
	}
}

// walk goes up and down at random; momentum makes it go on as it went.
func walk(from, step, momentum, drift float64) course {
	return func(r *rand.Rand) func(int) float64 {
		at, pace := from, 0.0
		return func(int) float64 {
			pace = momentum*pace + step*r.NormFloat64()
			at = max(from/4, at+pace+drift)
			return at
		}
	}
}

// saw rises and falls back, from a random point of its period on.
func saw(from, height, period, noise float64) course {
	return func(r *rand.Rand) func(int) float64 {
		phase := period * r.Float64()
		return func(i int) float64 {
			_, part := math.Modf((float64(i) + phase) / period)
			return from + height*part + noise*r.NormFloat64()
		}
	}
}

// spikes is noise with a value far out of line now and then.
func spikes(from, size, chance float64) course {
	return func(r *rand.Rand) func(int) float64 {
		return func(int) float64 {
			v := from * math.Exp(0.1*r.NormFloat64())
			if r.Float64() < chance {
				v *= size
			}
			return v
		}
	}
}

// daily is a load that goes up and down over 50 to 350 points.
func daily(r *rand.Rand) func(int) float64 {
	phase, period := 2*math.Pi*r.Float64(), 50+300*r.Float64()
	return func(i int) float64 {
		return 100 * (1.2 + math.Sin(phase+2*math.Pi*float64(i)/period) + 0.1*r.NormFloat64())
	}
}

// story is a made-up life of a service whose response time does, or does not, follow
// memory.
type story struct {
	memory, response, load course
	// Both may follow the load, per unit of it; queued says that the response time
	// does so as in a queue: slowly first, and then without bounds.
	memoryByLoad, responseByLoad float64
	queued                       bool
	// responseByMemory is what is to be found, 0 for the innocent.
	responseByMemory float64
}

// innocent are stories in which the response time has nothing to do with memory, though
// both may grow, or follow the same load.
var innocent = map[string]story{
	"noise":         {memory: noisy(100, 0, 5), response: noisy(10, 0, 1)},
	"trends":        {memory: noisy(100, 1, 3), response: noisy(10, 0.1, 0.5)},
	"walks":         {memory: walk(300, 5, 0, 0), response: walk(10, 0.3, 0, 0)},
	"drifts":        {memory: walk(300, 5, 0, 2), response: walk(10, 0.3, 0, 0.1)},
	"momentum":      {memory: walk(3000, 5, 0.8, 0), response: walk(100, 0.3, 0.8, 0)},
	"much momentum": {memory: walk(3000, 5, 0.95, 0), response: walk(100, 0.3, 0.95, 0)},
	"saws":          {memory: saw(100, 50, 10, 2), response: saw(10, 5, 7, 0.5)},
	"slow saws":     {memory: saw(100, 50, 40, 2), response: saw(10, 5, 33, 0.5)},
	"spikes":        {memory: saw(100, 200, 50, 2), response: spikes(10, 20, 0.05)},
	"load":          {memory: noisy(100, 0, 5), response: noisy(10, 0, 1), load: daily, memoryByLoad: 1, responseByLoad: 0.1},
	"load, noisy":   {memory: noisy(100, 0, 1), response: noisy(10, 0, 0.1), load: noisy(100, 0, 30), memoryByLoad: 1, responseByLoad: 0.1},
	"load, queued":  {memory: noisy(100, 0, 5), response: noisy(10, 0, 1), load: daily, memoryByLoad: 1, responseByLoad: 10, queued: true},
	"load and leak": {memory: walk(100, 5, 0, 1), response: noisy(10, 0.1, 1), load: daily, memoryByLoad: 1, responseByLoad: 0.1},
}

// guilty are stories in which it follows memory.
var guilty = map[string]story{
	"walk":             {memory: walk(300, 10, 0, 0), response: noisy(3, 0, 1), responseByMemory: 0.1},
	"walk, much noise": {memory: walk(300, 10, 0, 0), response: noisy(3, 0, 1), responseByMemory: 0.03},
	"saw":              {memory: saw(100, 300, 40, 10), response: noisy(3, 0, 1), responseByMemory: 0.03},
	"slow saw":         {memory: saw(100, 300, 120, 10), response: noisy(3, 0, 0.3), responseByMemory: 0.03},
	"drift":            {memory: walk(100, 10, 0, 3), response: noisy(3, 0, 1), responseByMemory: 0.03},
	"under load":       {memory: walk(300, 10, 0, 0), response: noisy(3, 0, 1), load: daily, memoryByLoad: 0.5, responseByLoad: 0.05, responseByMemory: 0.1},
}

// plays reports whether a story makes the detector speak, which is asked every 16 or
// so points; and the last that it said.
func (s story) plays(seed uint64, points, every int) (bool, coupled) {
	r := rand.New(rand.NewPCG(seed, 7))
	load := s.load
	if load == nil {
		load = noisy(100, 0, 5)
	}
	memory, response, requests := s.memory(r), s.response(r), load(r)
	var m, p, l []float64
	var said coupled
	for i := range points {
		rate, held := max(1, requests(i)), memory(i)
		held += s.memoryByLoad * rate
		took := response(i) + s.responseByMemory*held
		if s.queued {
			took += s.responseByLoad / (1 - min(rate/250, 0.95))
		} else {
			took += s.responseByLoad * rate
		}
		m, p, l = append(m, held), append(p, took), append(l, rate)
		if i%every == every-1 {
			from := max(0, len(m)-keptPoints)
			if said = couple(m[from:], p[from:], l[from:]); said.follows() {
				return true, said
			}
		}
	}
	return false, said
}
