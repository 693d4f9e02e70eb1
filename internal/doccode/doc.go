// Package doccode type-checks the code that the documents show, and looks up what their
// commands name, so that what a reader pastes works. It has no code of its own:
// everything is in its tests.
//
// Checked are the blocks fenced as go in every Markdown file, and the lines of Go in
// the comments of public packages. What a document shows is read as one package, in
// the order in which it stands there: blocks of statements continue one another, and
// declarations are seen by all of them. An ellipsis (…) stands for what the reader
// fills in.
//
// A block with a package clause is a program of its own and has to be complete. All
// others get their imports by the names of packages, ours first, and the variables that
// given_test.go lists, since a reader has a ctx and a mux already.
//
// Shell, output and code that is meant not to compile take another word at the fence.
//
// Commands that begin with "go test" or "go run", anywhere in a Markdown file, have to
// name what exists: the directory, tests and benchmarks that their patterns find, flags
// of the program.
//
// # Cost
//
// Two seconds after the packages are compiled, which go test does anyway.
//
// # What it cannot see
//
// Whether the code does what the text says, or a command ends well. Unused variables of
// fragments. Code of packages outside of the main module.
package doccode
