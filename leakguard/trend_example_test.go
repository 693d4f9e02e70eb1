package leakguard_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/govitals/govitals/leakguard"
)

// A recorded day replays in a moment: live memory after each collection, one
// point per minute, of a process that warms up for an hour and leaks 4 MiB per
// hour.
func ExampleTrend() {
	trend := leakguard.NewTrend(leakguard.TrendConfig{Unit: "By", Limit: 512 << 20})
	at := time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)
	for minute := range 24 * 60 {
		mib := 100 + 20*min(1, float64(minute)/60) + 4*float64(minute)/60 + float64(minute*7919%5)/5
		trend.Add(at, mib*(1<<20), 350)
		if at = at.Add(time.Minute); minute == 5 || minute == 240 || minute == 600 || minute == 1000 {
			fmt.Println(at.Format("15:04"), trend.Verdict().State)
		}
	}
	v := trend.Verdict()
	fmt.Printf("%.1f MiB per hour, reaches the limit on %s\n", v.PerHour/(1<<20), v.ReachesLimit.Format(time.DateOnly))
	fmt.Println(strings.Join(v.Why, "\n"))
	// Output:
	// 08:06 too_early
	// 12:01 growing
	// 18:01 suspect
	// 00:41 leak
	// 4.1 MiB per hour, reaches the limit on 2026-01-09
	// grew 97.3 MiB in 23h 28m, 34 × the residual noise; the slope is 40 × its standard error (autocorrelation 0.4)
	// the last third rises 1.0 × as fast as the whole: no levelling off, no step
	// all rules have held for 9h 3m, at an age of 1d
	// reaches the limit of 512 MiB in 2d 22h
}
