// Command kernels runs the programs with goroutine leaks by which Go tests its
// goroutine leak profile: GoKer, and patterns. They are in
// GOROOT/src/runtime/testdata/testgoroutineleakprofile and come in by go build
// -overlay, which puts them beside this file; it takes the place of their main.go.
package main

import "github.com/govitals/govitals/benchmarks/leakcorpus/judge"

// What the programs use of their main.go.

const yieldCount = 10

var programs = map[string]func(){}

func register(name string, f func()) { programs[name] = f }

func main() { judge.Main(programs) }

var _, _ = register, yieldCount // without the overlay nobody uses them
