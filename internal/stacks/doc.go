// Package stacks says where goroutines are: from the text that runtime.Stack
// and crash reports print, and from the goroutine profile, which costs almost
// no pause.
//
//	for g := range stacks.All(dump) {
//		fmt.Println(g.ID, g.State, g.Minutes, g.CreatedBy)
//	}
//
//	var profile stacks.Profile
//	profile.Read()
//	for site, n := range profile.All() { … }
//
// Both name a place in the same way, as a [Site], so that what the cheap
// profile finds can be looked up in the text.
//
// # Cost
//
// [Dump] stops the world for the whole call: 4 to 30 µs for each goroutine, and again
// where stacks are deep, unless a [Dumper] has seen them before.
// [Profile.Read] takes 1 to 4 µs of one core for each goroutine, and two pauses
// of some ten microseconds however many there are; while it runs it takes up to
// 370 B for each goroutine, of which at most 1 MiB is kept, besides tables of at
// most 1 MiB. [All] reads
// text at some hundred MB/s without copying it. [Whole] is a dump that proves
// itself complete; it costs the same, and again where stacks are deep. [Labelled]
// reads the profile as text, for its labels: 2 to 4 µs for each goroutine.
//
// # What it cannot see
//
// The profile has neither goroutine ids, nor ages, nor the go statement; it
// ends at 32 frames, so that in a deeper stack the function that was started is
// not known. The text leaves out the middle of a stack of more than 100 frames,
// and says how long a goroutine has waited only in whole minutes, and only
// after two garbage collections.
package stacks
