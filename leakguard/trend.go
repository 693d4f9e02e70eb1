package leakguard

import (
	"fmt"
	"math"
	"time"
)

// TrendConfig configures a [Trend]. The zero value is recommended.
type TrendConfig struct {
	// Resolution is the length of the shortest bucket, from 1ms to 1h. Every
	// window, age and hold is a fixed multiple of it: Leaking needs 720
	// buckets, which are 12 hours at one minute and 72 seconds at 100ms.
	// Default: 1m.
	Resolution time.Duration
	// Limit is the value at which the process fails, in the unit of the
	// values. Default: 0, none.
	Limit float64
	// ExpectCache is how much caches may fill, in the unit of the values.
	// Growth within it is called Growing at worst, for the filling of a cache
	// is as straight as a leak until it is full. Default: 0, no such growth.
	ExpectCache float64
	// Floor is the growth within a window that is not worth a word, in the unit
	// of the values: what a pool of buffers or a handful of connections take.
	// Default: 0, 2.5 % of the level alone.
	Floor float64
	// Unit is the UCUM code of the values, for the words: "By", "{series}".
	// Default: "", plain numbers.
	Unit string
}

// Validate returns an error that names the first field that is wrong.
func (c TrendConfig) Validate() error {
	switch {
	case c.Resolution != 0 && (c.Resolution < time.Millisecond || c.Resolution > time.Hour):
		return fmt.Errorf("leakguard: TrendConfig.Resolution is %v: use 1ms to 1h, or 0 for 1m", c.Resolution)
	case !isFigure(c.Limit):
		return fmt.Errorf("leakguard: TrendConfig.Limit is %v: use 0 for none, or a positive number", c.Limit)
	case !isFigure(c.Floor):
		return fmt.Errorf("leakguard: TrendConfig.Floor is %v: use 0 for none, or a positive number", c.Floor)
	case !isFigure(c.ExpectCache):
		return fmt.Errorf("leakguard: TrendConfig.ExpectCache is %v: use 0 for none, or a positive number", c.ExpectCache)
	}
	return nil
}

func (c TrendConfig) resolution() time.Duration {
	if c.Resolution == 0 {
		return time.Minute
	}
	return c.Resolution
}

// highest is the largest value that is accepted: its rate per hour is still a
// number.
const highest = 1e290

// isFigure reports whether x can be a value, a load or a limit.
func isFigure(x float64) bool { return x >= 0 && x <= highest }

// Trend judges whether a series of values grows as leaks do.
//
// Hand it what survives, not what is in use: live heap after each garbage
// collection, open descriptors, metric series. It is pure: time is what Add is
// told, so a recorded week replays in a second and gives the same verdict.
//
// A Trend is 8 KiB, whatever it has seen: 6,144 buckets back (4 days at a minute
// each), in at most 16 lives; what of these is past its warm-up is kept for longer, as
// four means for each life. Add does not allocate. The zero value is
// NewTrend(TrendConfig{}). It is not safe for concurrent use.
//
// It cannot tell a cache that fills at a constant rate for longer than 720
// buckets from a leak (see ExpectCache), nor the rise of a day from one while
// the load is not known and the day not over. Where the load follows the day, a
// leak may be called one only when a whole day has told what the load is worth.
// Lives that warm up and end within five hours say little even if they are many,
// and a leak of 0.1 % of the level per hour takes days to show.
type Trend struct {
	config TrendConfig
	tiers  [tierCount]tier
	lives  [maxLives]life // the first lifeN, oldest first
	lifeN  int
	fresh  cut   // whether the next point begins a life of its own
	worth  worth // of the load

	livesHeld int64 // tier.held of livesTier

	points  uint64    // accepted, over all lives
	refused uint64    // values that are not a number, infinite or negative
	setBack uint32    // times that the clock went back
	at      time.Time // of the latest point
}

// NewTrend returns a Trend that has seen nothing. It panics with the error of
// [TrendConfig.Validate].
func NewTrend(config TrendConfig) *Trend {
	if err := config.Validate(); err != nil {
		panic(err)
	}
	return &Trend{config: config}
}

// Add takes in one value. The load is the work per second that the value may
// follow, in any unit: a rate, not a counter; NaN means unknown. Within a
// bucket the lowest value counts.
//
// Values that are no number, infinite or negative are counted and left out. A
// time a little before the latest counts as the latest; after a long way back
// the clock is taken to have been set.
func (t *Trend) Add(at time.Time, value, load float64) {
	if !isFigure(value) {
		t.refused++
		return
	}
	if !(load >= 0 && load <= math.MaxFloat32) {
		load = math.NaN()
	}
	number := t.place(at)
	if number != t.tiers[0].newest {
		t.advance(number)
	}
	t.tiers[0].at(number).take(value, float32(load))
	t.points++
	t.at = at
	now := &t.lives[t.lifeN-1]
	now.low = min(now.low, value)
}

// SetLimit changes the value at which the process fails, as when the memory
// limit of a container is raised. What cannot be a limit means none.
func (t *Trend) SetLimit(limit float64) {
	if !isFigure(limit) {
		limit = 0
	}
	t.config.Limit = limit
}

// Regime says that the values to come lie on another level for a known reason,
// such as a change of GOGC or a reload of the configuration. What was learned
// about the slope is kept, the levels before and after are not compared. Within the
// first 60 buckets of a process what was seen of it is forgotten instead.
func (t *Trend) Regime() { t.fresh = max(t.fresh, newLevel) }
