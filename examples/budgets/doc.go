// Package budgets is a small service whose tests refuse leaks. Read the tests:
//
//   - check_test.go: a server behind httptest, with nothing left behind
//   - budget_test.go: what one test may leave, and what each iteration may
//   - file_test.go: a known leak, listed in testdata/leaks.txt until it is fixed
//   - suite_test.go: the same in a suite of testify
//
// To see how a failure reads, delete the Close of a test and run
//
//	go test ./examples/budgets
//
// # What it cannot see
//
// It is an example. What the checks cannot see is said in package leakguard.
package budgets
