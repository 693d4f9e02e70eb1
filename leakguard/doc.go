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
// # In tests
//
// [Check] makes a test fail that leaves goroutines behind, [VerifyTestMain] a
// whole package; a [Budget] allows some, and limits other resources; [Loop] runs
// something often and fails if anything grows with it. [Find] is for any program.
//
//	func TestServe(t *testing.T) {
//		leakguard.Check(t) // first: it looks after all cleanups that follow
//		…
//	}
//
//	func TestMain(m *testing.M) { leakguard.VerifyTestMain(m) }
//
// A check chooses its scope by itself, and its report names it:
//
//   - Inside synctest.Test, the goroutines of the bubble. Its clock does not move.
//   - In a parallel test, the goroutines that inherited the pprof label which
//     Check gave to the test, and those that descend from it. What began
//     meanwhile without a label, and is no other test's, is noted as
//     unattributed: no single test can be failed for it, but VerifyTestMain
//     finds it at the end.
//   - Else all goroutines of the process that were not there before.
//
// It waits for them to end, up to its [Patience] of a second, and not at all
// where nothing can wake them up. Goroutines of the runtime and of package
// testing do not count; those of govitals do, since a test that forgets Close on
// a part of it should be told. What is meant to stay is let pass by
// [IgnoreCreator] and the like: the report prints the option to paste.
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
// A Trend is 8 KiB; taking in a value costs 125 to 240 ns and allocates nothing, a
// verdict some 60 µs. A Detector has one goroutine for each signal, woken
// with all others of the library. The package imports the standard library only.
//
// A Check of a test that started no goroutine takes 1 to 5 µs, however many
// others there are: while the count of goroutines ever started stands still,
// nobody can be new. If some were started, it looks at all goroutines once more,
// which stops the world for 4 to 30 µs for each; and so does the next Check at
// its beginning if others were started in between, except in parallel tests. A
// check by label reads the goroutine profile, 2 to 4 µs for each.
//
// # What it cannot see
//
// A cache that fills as straight as a leak until it is full: say so with
// TrendConfig.ExpectCache, or with a [Filling] signal. A leak slower than the noise
// of the figure: 0.1 % an hour under 2 % of noise takes about 40 hours. What
// happens between two readings. A pool of goroutines that is used less than about
// once an hour looks like a leak.
//
// A check cannot see a goroutine that ended before it looked, nor one that a
// finalizer blocks. In a process whose goroutines are started by others, as by a
// pool that was there before, a parallel test is not blamed for them.
// pprof.SetGoroutineLabels takes the label of a check away: with what the test
// starts later, only ancestry tells whose it is, and that ends where a goroutine
// between has ended. Labels that the goroutine of a test had are lost with Check.
package leakguard
