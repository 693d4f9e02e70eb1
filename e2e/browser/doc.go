// Package browser proves in a real Chromium that the debug pages work: in every
// state of the process, with and without scripts, by keyboard, in light and dark, on
// the width of a telephone, and without one complaint about the content security
// policy.
//
//	cd e2e && go test ./browser
//
// It needs chromium, and is skipped with the reason where there is none. With
// GOVITALS_SHOTS=dir it leaves a picture of each state there, to look at.
package browser
