//go:build !unix

package main

// readInSystemCall does what there is elsewhere: pipes are not polled there.
func readInSystemCall() { readPipe() }
