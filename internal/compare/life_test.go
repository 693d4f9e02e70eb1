package compare

import (
	"math"
	"math/rand/v2"
	"time"
)

// life is a process as it would be seen: what it does, and the noise on it.
type life struct {
	age, warmUp, step  float64 // seconds
	began              time.Duration
	rate               float64 // requests per second
	cpu, fixed         float64 // seconds for each request, and for each second
	p99                float64
	live, leak, cache  float64 // bytes, bytes per second, bytes that requests fill
	fills              float64 // after how many requests the cache is nearly full
	leakEach           float64 // bytes per request
	jump, jumpAt       float64
	goroutines, pile   float64 // pile is goroutines per second
	series, perRequest float64
	noise              float64
	seed               uint64
}

// service is one that is well.
func service(seed uint64) life {
	return life{
		age: 7200, warmUp: 600, step: 60, rate: 100, cpu: 1e-3, fixed: 0.02, p99: 20e-3,
		live: 200 << 20, cache: 50 << 20, fills: 200_000, goroutines: 300, series: 400, noise: 1, seed: seed,
	}
}

var epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// side is what its report would say.
func (l life) side() Side {
	random := rand.New(rand.NewPCG(l.seed, 1))
	noisy := func(x, share float64) float64 { return x * math.Exp(l.noise*share*random.NormFloat64()) }
	s := Side{
		Name: "test", State: "ok", HasFigures: true, HasRequests: l.rate > 0, Uptime: l.age, WarmUp: l.warmUp,
		Started: epoch.Add(l.began), At: epoch.Add(l.began).Add(time.Duration(l.age) * time.Second),
	}
	var p Point
	for at := l.step; at <= l.age; at += l.step {
		served := noisy(l.rate*l.step, 0.1)
		p.Age, p.Requests, p.Collections = at, p.Requests+served, p.Collections+l.step/4
		p.CPU += noisy(served*l.cpu+l.fixed*l.step, 0.05)
		p.Live = noisy(l.live+l.leak*at+l.leakEach*p.Requests+l.cache*(1-math.Exp(-p.Requests/l.fills)), 0.004)
		if l.jumpAt > 0 && at >= l.jumpAt {
			p.Live += l.jump
		}
		p.RSS = noisy(2*p.Live, 0.02)
		p.Goroutines = math.Round(noisy(l.goroutines, 0.02) + l.pile*at)
		p.Series = math.Round(l.series + l.perRequest*p.Requests)
		p.P50, p.P90, p.P99 = noisy(2e-3, 0.03), noisy(8e-3, 0.1), noisy(l.p99, 0.25)
		p.Max = noisy(5*l.p99, 0.5)
		if at >= l.warmUp {
			s.Points = append(s.Points, p)
		}
	}
	s.Series = p.Series
	return s
}
