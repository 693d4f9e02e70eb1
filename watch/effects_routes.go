package watch

import (
	"cmp"
	"math"
	"slices"
)

// followedRoute is a route whose response times are kept, "" for a free place.
type followedRoute struct {
	name string
	last Latency // as of the last point
	idle int     // points since its latest request
}

// responses returns how long requests of each route that is followed took since the
// last point, and the number of all requests that have
// ever ended. Only requests that ended as they should count for the times: a client
// that leaves ends a request early. Those of health checks count for nothing.
func (e *Effects) responses() (took [effectRoutes]responses, requests uint64) {
	for i := range took {
		took[i] = responses{math.NaN(), math.NaN()}
	}
	if e.config.InFlight == nil {
		return took, 0
	}
	e.release()
	stats := readTallies(e.config.InFlight.routes)
	slices.SortStableFunc(stats, func(a, b RouteStats) int { return cmp.Compare(b.Latency.Count(), a.Latency.Count()) })
	ended := make(map[string]uint64, len(stats))
	for i := range stats {
		s := &stats[i]
		if s.Route == routeHealth {
			continue
		}
		requests += s.Latency.Count()
		if s.Outcome != OK {
			continue
		}
		ended[s.Route] = s.Latency.Count()
		if place := e.place(s.Route, s.Latency.Count() > e.ended[s.Route]); place >= 0 {
			took[place] = e.routes[place].took(&s.Latency, took[place])
		}
	}
	e.ended = ended
	return took, requests
}

// took returns how long the requests since the last point took, or what is said without
// any. What came before the route was followed is not known.
func (r *followedRoute) took(now *Latency, without responses) responses {
	gained, known := now.Sub(&r.last), r.last.Count() > 0
	r.last = *now
	if gained.Count() == 0 {
		return without
	}
	r.idle = 0
	if !known {
		return without
	}
	return responses{byMean: gained.Mean().Seconds(), byMedian: gained.Quantile(0.5).Seconds()}
}

// place returns where a route is followed, -1 if it is not. One that had requests gets
// a place if there is room.
func (e *Effects) place(route string, busy bool) int {
	is := func(name string) int {
		return slices.IndexFunc(e.routes[:], func(r followedRoute) bool { return r.name == name })
	}
	place := is(route)
	if place < 0 && busy {
		if place = is(""); place >= 0 {
			e.routes[place] = followedRoute{name: route}
		}
	}
	return place
}

// release gives places of routes free that have had no request for as long as points
// are kept.
func (e *Effects) release() {
	for i := range e.routes {
		if e.routes[i].idle++; e.routes[i].idle > keptPoints {
			e.routes[i] = followedRoute{}
		}
	}
}
