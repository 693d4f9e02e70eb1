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
	for i := range stats {
		s := &stats[i]
		if s.Route == routeHealth {
			continue
		}
		requests += s.Latency.Count()
		if s.Outcome != OK {
			continue
		}
		if place := e.place(s.Route); place >= 0 {
			r := &e.routes[place]
			if gained := s.Latency.Sub(&r.last); gained.Count() > 0 && r.last.Count() > 0 {
				took[place] = responses{byMean: gained.Mean().Seconds(), byMedian: gained.Quantile(0.5).Seconds()}
			}
			r.last = s.Latency
		}
	}
	return took, requests
}

// place returns where a route is followed, -1 if there is no room.
func (e *Effects) place(route string) int {
	free := -1
	for i := range e.routes {
		switch e.routes[i].name {
		case route:
			return i
		case "":
			if free < 0 {
				free = i
			}
		}
	}
	if free >= 0 {
		e.routes[free] = followedRoute{name: route}
	}
	return free
}

// release gives places of routes free that have had no request for as long as points
// are kept.
func (e *Effects) release() {
	if len(e.points) < keptPoints {
		return
	}
	for i := range e.routes {
		if !slices.ContainsFunc(e.points, func(p effectPoint) bool { return !math.IsNaN(p.response[i][byMean]) }) {
			e.routes[i] = followedRoute{}
		}
	}
}
