package watch

import (
	"cmp"
	"slices"
)

// routeEffect is what memory has to do with the response time of a route.
type routeEffect struct {
	route   string
	measure int
	coupled
}

// pile is what work of one kind leaves of something.
type pile struct {
	// kind is "request", or "run of " followed by the job's name.
	kind, job string
	unit      string // of what is left, in UCUM
	residue
}

func (p *pile) bad() bool { return p.piles(p.threshold()) }

// threshold is the least growth of its kind that is worth a sentence.
func (p *pile) threshold() float64 {
	if p.unit == unitBytes {
		return worthBytes
	}
	return worthGoroutines
}

func (p *pile) name() string { return p.kind + p.job }

const (
	unitBytes     = "By"
	unitGoroutine = "{goroutine}"
)

// judge works out all that is said later.
func (e *Effects) judge() {
	memory, load := e.series(func(p *effectPoint) float64 { return p.between }), e.series(func(p *effectPoint) float64 { return p.load })
	e.judged, e.piles = nil, nil
	for i := range e.routes {
		if r := e.routeEffect(i, memory, load); r.points >= fewestPoints {
			e.judged = append(e.judged, r)
		}
	}
	slices.SortFunc(e.judged, func(a, b routeEffect) int {
		return cmp.Or(cmp.Compare(b.link, a.link), cmp.Compare(a.route, b.route))
	})
	if e.config.InFlight != nil {
		e.residues("request", "", func(p *effectPoint) float64 { return p.requests })
	}
	for i, j := range e.config.Jobs {
		e.residues("run of ", j.config.Name, func(p *effectPoint) float64 { return p.runs[i] })
	}
}

// routeEffect is by the measure of response time that goes with memory more surely.
func (e *Effects) routeEffect(route int, memory, load []float64) (best routeEffect) {
	if e.routes[route].name == "" {
		return best
	}
	for measure := range measures {
		c := couple(memory, e.series(func(p *effectPoint) float64 { return p.response[route][measure] }), load)
		if measure == 0 || c.errors > best.errors {
			best = routeEffect{e.routes[route].name, measure, c}
		}
	}
	return best
}

// residues compares one kind of work with memory and with goroutines.
func (e *Effects) residues(kind, job string, done func(*effectPoint) float64) {
	var bytes, goroutines []workPoint
	for i := range e.points {
		p := &e.points[i]
		bytes = append(bytes, workPoint{p.seconds, done(p), p.live})
		goroutines = append(goroutines, workPoint{p.seconds, done(p), p.goroutines})
	}
	e.piles = append(e.piles, pile{kind, job, unitBytes, left(bytes)}, pile{kind, job, unitGoroutine, left(goroutines)})
}

func (e *Effects) series(of func(*effectPoint) float64) (all []float64) {
	for i := range e.points {
		all = append(all, of(&e.points[i]))
	}
	return all
}
