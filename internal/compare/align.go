package compare

import "math"

const (
	// mostSegments is how many segments the common stretch of age is cut into, and
	// leastSegments how many tell anything.
	mostSegments  = 16
	leastSegments = 6
)

// axis is what two processes are aligned by.
type axis func(*Point) float64

func byAge(p *Point) float64    { return p.Age }
func byServed(p *Point) float64 { return p.Requests }

// window is the stretch of an axis that both have seen after warm-up: of age, in
// seconds, or of requests served.
type window struct{ from, to float64 }

func (w window) holds(x float64) bool { return x > w.from && x <= w.to*(1+1e-9) }

// commonWindow returns where the histories of both overlap, from a least value on.
func commonWindow(canary, stable []Point, x axis, least float64) window {
	w := window{from: least, to: math.Inf(1)}
	for _, points := range [][]Point{canary, stable} {
		if len(points) == 0 {
			return window{least, least}
		}
		w.from = max(w.from, x(&points[0]))
		w.to = min(w.to, x(&points[len(points)-1]))
	}
	w.to = max(w.to, w.from)
	return w
}

// segment is what happened to one side in a part of the window. What is not known
// is 0.
type segment struct {
	part                          int     // which part
	hours                         float64 // the age at its middle
	length                        float64 // in hours
	served                        float64 // all requests ever, at its middle
	cpu, requests, failed, cycles float64 // gained in it
	live, rss, goroutines, series float64 // the lowest in it
	p50, p90, p99, longest        float64
}

// segments cuts the history of a side into n parts, and leaves out those in which
// nothing was noted.
func segments(points []Point, x axis, w window, n int) (all []segment) {
	if n < 1 || !(w.to > w.from) {
		return nil
	}
	step := (w.to - w.from) / float64(n)
	part := func(i int) int { // 0 outside of the window
		if at := x(&points[i]); w.holds(at) {
			return int(min(math.Ceil((at-w.from)/step-1e-9), float64(n)))
		}
		return 0
	}
	for begin, end := 0, 0; begin < len(points); begin = end {
		for end = begin + 1; end < len(points) && part(end) == part(begin); {
			end++
		}
		if part(begin) > 0 && begin > 0 {
			s := segmentOf(&points[begin-1], points[begin:end])
			s.part = part(begin)
			all = append(all, s)
		}
	}
	return all
}

// segmentOf sums up the points that follow another.
func segmentOf(before *Point, points []Point) (s segment) {
	last := &points[len(points)-1]
	s.hours, s.length = (before.Age+last.Age)/2/3600, (last.Age-before.Age)/3600
	s.served = (before.Requests + last.Requests) / 2
	s.cpu, s.requests = last.CPU-before.CPU, last.Requests-before.Requests
	s.failed, s.cycles = min(max(last.Failed-before.Failed, 0), s.requests), last.Collections-before.Collections
	var weights, p50, p90, p99 float64
	for i := range points {
		p := &points[i]
		s.live, s.rss = lowest(s.live, p.Live), lowest(s.rss, p.RSS)
		s.goroutines, s.series = lowest(s.goroutines, p.Goroutines), lowest(s.series, p.Series)
		if weight := p.Requests - before.Requests; p.P50 > 0 && weight > 0 {
			weights += weight
			p50, p90, p99 = p50+weight*p.P50, p90+weight*p.P90, p99+weight*p.P99
		}
		s.longest = max(s.longest, p.Max)
		before = p
	}
	if weights > 0 {
		s.p50, s.p90, s.p99 = p50/weights, p90/weights, p99/weights
	}
	return s
}

// lowest is the lower of two values, of which 0 is not known.
func lowest(a, b float64) float64 {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// pair is both sides over the same stretch.
type pair struct {
	canary, stable []segment
	window         window
	load           float64 // requests of the canary, as a multiple; 0 if not known
	together       bool    // both were seen at the same time
	served         *pair   // the same, aligned by requests served; nil without those
}

// align puts both at the same age.
func align(canary, stable Side, options Options) pair {
	p := alignBy(canary.Points, stable.Points, byAge, warmUp(canary, stable, options))
	p.together = canary.ByClock && stable.ByClock
	if canary.HasRequests && stable.HasRequests {
		p.measureLoad()
		served := alignBy(canary.Points, stable.Points, byServed, 0)
		p.served = &served
	}
	return p
}

// warmUp is the age from which on is compared. By the clock the sides know when the
// warm-up of each ended: an age says nothing about a moment.
func warmUp(canary, stable Side, options Options) float64 {
	if canary.ByClock && stable.ByClock {
		return max(canary.WarmUp, stable.WarmUp)
	}
	return max(options.WarmUp.Seconds(), canary.WarmUp, stable.WarmUp)
}

// recent is how many points of each side are compared by the clock: as many as
// processes keep without joining them.
const recent = 60

// alignNow puts both at the same moment, so that they had the same traffic and, on one
// machine, the same neighbours. It reports false where they did not live together.
func alignNow(canary, stable Side, options Options) (p pair, ok bool) {
	if canary.Started.IsZero() || stable.Started.IsZero() {
		return p, false
	}
	later := canary.Started.Sub(stable.Started).Seconds()
	warm := warmUp(canary, stable, options)
	moved := make([]Point, len(canary.Points))
	for i, point := range canary.Points {
		point.Age += later
		moved[i] = point
	}
	moved, others := latest(moved), latest(stable.Points)
	p = alignBy(moved, others, byAge, max(warm, warm+later))
	p.together = true
	p.measureLoad()
	return p, len(p.canary) >= leastSegments && len(p.stable) >= leastSegments
}

func latest(points []Point) []Point { return points[max(len(points)-recent, 0):] }

func (p *pair) measureLoad() {
	if c, s := rate(p.canary), rate(p.stable); c > 0 && s > 0 {
		p.load = c / s
	}
}

func alignBy(canary, stable []Point, x axis, least float64) (p pair) {
	p.window = commonWindow(canary, stable, x, least)
	n := min(within(canary, x, p.window), within(stable, x, p.window), mostSegments)
	p.canary, p.stable = segments(canary, x, p.window, n), segments(stable, x, p.window, n)
	return p
}

// within counts the points in a window.
func within(points []Point, x axis, w window) (n int) {
	for i := range points {
		if w.holds(x(&points[i])) {
			n++
		}
	}
	return n
}

// hours is how long the window is, of age.
func (p *pair) hours() float64 { return (p.window.to - p.window.from) / 3600 }

// both calls visit for each part of the window of which both sides know something.
func (p *pair) both(visit func(canary, stable segment)) {
	i := 0
	for _, c := range p.canary {
		for i < len(p.stable) && p.stable[i].part < c.part {
			i++
		}
		if i < len(p.stable) && p.stable[i].part == c.part {
			visit(c, p.stable[i])
		}
	}
}

// rate is the requests per hour.
func rate(all []segment) float64 {
	var requests, hours float64
	for _, s := range all {
		requests, hours = requests+s.requests, hours+s.length
	}
	if hours == 0 {
		return 0
	}
	return requests / hours
}

// sameLoad reports whether both have about as many requests.
func (p *pair) sameLoad() bool { return p.load == 0 || p.load > 0.9 && p.load < 1.1 }

// overload is by how many times the canary has more to do, at least 1.
func (p *pair) overload() float64 { return max(p.load, 1) }
