// Package leakguard is about growth: is a figure growing, since when, whose fault
// is it, and when does it end.
//
// A [Trend] judges one series of values. It is pure: time is what it is told, so
// a recorded week replays in a second.
//
//	trend := leakguard.NewTrend(leakguard.TrendConfig{Unit: "By", Limit: 512 << 20})
//	trend.Add(at, liveBytes, requestsPerSecond)
//	verdict := trend.Verdict() // State, PerHour with its bounds, Since, ReachesLimit, Why
//
// [Goroutines] finds the places where goroutines pile up, and a [Detector] does
// all that for a running process: it reads signals, keeps a Trend of each, puts
// the verdict into words and remembers over restarts.
//
//	detector, err := leakguard.NewDetector(leakguard.DetectorConfig{File: "/var/lib/app/trends.json"})
//	detector.Watch(leakguard.NewGoroutines(leakguard.GoroutinesConfig{}), leakguard.Descriptors(), openSessions)
//	err = detector.Start(ctx) // and defer detector.Close()
//
// vitals.Start does this too, together with live memory. [Go] starts goroutines
// of a named kind that are counted exactly.
//
// # The words
//
// TooEarly, OK, Growing, Suspect, Leaking. Growing says what the figure does now,
// and comes soon: a cache that fills is Growing. Leaking says that nothing else
// explains it: not load, not a step, not warm-up; it takes 720 buckets, which are
// twelve hours at the Resolution of a minute. A limit that comes near is said at
// any age.
//
// # Cost
//
// A Trend is 7 KiB; taking in a value costs 130 to 260 ns and allocates nothing, a
// verdict some 60 µs. A Detector has one goroutine for each signal, woken
// with all others of the library. The package imports the standard library only.
//
// # What it cannot see
//
// A cache that fills as straight as a leak until it is full: say so with
// TrendConfig.ExpectCache. A leak slower than the noise of the figure: 0.1 % an
// hour under 2 % of noise takes about 40 hours. What happens between two
// readings. A pool of goroutines that is used less than about once an hour looks
// like a leak.
package leakguard
