package watch

import "math"

const (
	// keptPoints is how many points the two detectors of Effects look back.
	keptPoints = 256
	// fewestPoints is how many they need.
	fewestPoints = 32
	// sure is how many standard errors an effect must be away from none. A process
	// is judged at each point, for each route: that is why it is not 2.
	sure = 4.5
	// linked is the least correlation of changes, and slower how many times as long
	// requests must take with much memory as with little, to be worth a sentence.
	linked = 0.35
	slower = 1.25
	// blocks are how many points are put together before their differences are
	// taken: in noise, slow effects are only seen in larger ones.
	shortBlock, longBlock = 1, 4
)

// coupled is what the response time of a route has to do with live memory.
type coupled struct {
	points int // how many have a response time
	// link is the correlation of the changes of both, without what the load
	// explains; least and most bound it, at 95 %.
	link, least, most float64
	errors            float64
	// Of the third of the points with the least memory and of that with the most:
	// the medians.
	littleMemory, muchMemory float64
	quick, slow              float64
}

func (c *coupled) follows() bool {
	return c.points >= fewestPoints && c.errors >= sure && c.link >= linked && c.slow >= slower*c.quick
}

// couple compares response times with memory and load at the same points; NaN is a
// point without requests. It looks at differences, since two series that both grow
// always correlate, and at what the load leaves unexplained, since both follow it.
func couple(memory, response, load []float64) (best coupled) {
	memory, response, load = known(memory, response, load)
	for _, block := range []int{shortBlock, longBlock} {
		c := coupleChanges(changes(memory, block), changes(response, block), changes(load, block))
		if c.errors > best.errors || block == shortBlock {
			best = c
		}
	}
	best.points = len(memory)
	best.thirds(memory, response)
	return best
}

// coupleChanges takes the load out in two ways, by order and by size, and believes the
// weaker result: each leaves something of a load in that it does not fit.
func coupleChanges(memory, response, load []float64) (c coupled) {
	if len(memory) < fewestPoints/longBlock {
		return c
	}
	m, r, l := ranks(memory), ranks(response), ranks(load)
	c.link = partial(correlation(m, r, 0), correlation(m, l, 0), correlation(r, l, 0))
	m, r = ranks(without(memory, load)), ranks(without(response, load))
	c.link = min(c.link, correlation(m, r, 0))
	c.errors, c.least, c.most = certainty(c.link, independent(m, r))
	return c
}

// known leaves out the points at which the response time is not known. The
// differences over such a gap are between what is on both sides of it.
func known(memory, response, load []float64) (m, r, l []float64) {
	for i, v := range response {
		if !math.IsNaN(v) {
			m, r, l = append(m, memory[i]), append(r, v), append(l, load[i])
		}
	}
	return m, r, l
}

// changes are the differences between the means of neighbouring blocks.
func changes(values []float64, block int) (all []float64) {
	last := 0.0
	for i := 0; i+block <= len(values); i += block {
		mean := 0.0
		for _, v := range values[i : i+block] {
			mean += v / float64(block)
		}
		if i > 0 {
			all = append(all, mean-last)
		}
		last = mean
	}
	return all
}

// thirds compares the points with little memory with those with much.
func (c *coupled) thirds(memory, response []float64) {
	var little, much, quick, slow []float64
	third := float64(len(memory)) / 6
	for i, rank := range ranks(memory) {
		switch {
		case rank <= -third:
			little, quick = append(little, memory[i]), append(quick, response[i])
		case rank >= third:
			much, slow = append(much, memory[i]), append(slow, response[i])
		}
	}
	c.littleMemory, c.muchMemory = median(little), median(much)
	c.quick, c.slow = median(quick), median(slow)
}
