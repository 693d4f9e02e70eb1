package loop

import "time"

// untilNext returns how long to wait at now for the next instant of a loop with
// the given period. The result is positive and below 1.25 periods.
func untilNext(now time.Time, every time.Duration) time.Duration {
	at := now.UnixNano()
	start := at - at%int64(every)
	for {
		next := start + int64(jitter(start, every))
		if next > at {
			return time.Duration(next - at)
		}
		start += int64(every)
	}
}

// jitter returns the shift of the instant that starts at the given time. It
// depends on the instant alone, not on the loop, so that loops whose periods
// are multiples of each other wake up together: periods of a second and more
// all use the jitter of a second.
func jitter(start int64, every time.Duration) time.Duration {
	span := min(every, time.Second) / 4
	return time.Duration(scramble(uint64(start)) % uint64(span+1))
}

// scramble spreads x over all 64 bits (the finalizer of SplitMix64: Steele,
// Lea, Flood, "Fast splittable pseudorandom number generators", 2014).
func scramble(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
