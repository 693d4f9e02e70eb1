// Package judge runs one program of a corpus and lets one detector of goroutine
// leaks say what the program left behind. A process judges once, so that no
// detector waits for what another has waited for already.
package judge
