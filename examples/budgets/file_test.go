package budgets_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/govitals/govitals/examples/budgets"
	"github.com/govitals/govitals/leakguard"
)

// The goroutine of the audit is listed in the file. A second one would fail the
// test, and so does the line when the leak is fixed.
func TestKnownLeak(t *testing.T) {
	leakguard.Check(t, leakguard.BudgetFile("testdata/leaks.txt"))
	audit := budgets.StartAudit()
	audit.Log("started")
	audit.Log("used")
	require.GreaterOrEqual(t, audit.Count(), int64(1))
}
