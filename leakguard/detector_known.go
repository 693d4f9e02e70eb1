package leakguard

import (
	"unicode"
	"unicode/utf8"
)

// known are the words for signals that this library brings: how a sentence about
// one begins, and what to say to somebody who was woken up by it: what usually
// makes it grow, and where to look next.
type known struct {
	title, advice string
	plural        bool
}

const goroutineProfile = "go tool pprof http://HOST/debug/pprof/goroutine"

var knownSignals = map[string]known{
	"heap": {
		title:  "Live memory",
		advice: "See who grew: GET /debug/heap; or go tool pprof http://HOST/debug/heap.",
	},
	"goroutines": {
		title: "Goroutines", plural: true,
		advice: "Look at what the new ones wait for; give each a way to end, such as a context.",
	},
	"rss": {
		title:  "Memory outside of Go and of files",
		advice: "No heap profile shows it: C code (cgo), syscall.Mmap, or a library that does either. Compare with what was deployed at that time; pmap -x PID shows the areas that grow.",
	},
	"stacks": {
		title:  "Memory of goroutine stacks",
		advice: "Usual causes: goroutines that pile up, or, with as many as before, recursion that goes deeper and deeper. See both: " + goroutineProfile + ".",
	},
	"threads": {
		title: "Threads", plural: true,
		advice: "Each is held by a goroutine in a blocking system call, in C code, or after runtime.LockOSThread; at 10,000 the Go runtime ends the process (debug.SetMaxThreads). See which: " + goroutineProfile + ".",
	},
	"fds": {
		title: "Open descriptors", plural: true,
		advice: "Usual causes: response bodies, files, rows or connections that are not closed on every path. See what they are: ls -l /proc/PID/fd.",
	},
	"backlog": {
		title: "Finalizers and cleanups that wait", plural: true,
		advice: "They become due faster than they run, or one of them is slow: all finalizers share one goroutine, and what they should free leaks meanwhile. Look below runtime.runFinalizers and runtime.runCleanups: " + goroutineProfile + ".",
	},
	"buckets": {
		title:  "Memory of the runtime's own profiles",
		advice: "There is one bucket for each distinct stack, never freed: look for deep recursion and generated code, and for block and mutex profiles that are on. To stop it set runtime.MemProfileRate to 0 first thing in main.",
	},
	"series": {
		title:  "Series",
		advice: "A label takes values without end, such as ids, paths or error texts: GET /metrics and look for the metric with the most lines.",
	},
}

// title is how a sentence begins that is about the signal.
func title(signal string) string {
	if words := knownSignals[signal]; words.title != "" {
		return words.title
	}
	first, size := utf8.DecodeRuneInString(signal)
	return string(unicode.ToUpper(first)) + signal[size:]
}

// advice is what to do about a signal that grows.
func advice(signal string, s State) string {
	switch words := knownSignals[signal]; {
	case !isGrowth(s):
		return ""
	case words.advice != "":
		return words.advice
	}
	return "Find what adds to " + signal + " and never takes away."
}
