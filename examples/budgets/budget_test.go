package budgets_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govitals/govitals/examples/budgets"
	"github.com/govitals/govitals/leakguard"
)

// What one test may leave behind: no descriptor, and no more than 4 MiB.
func TestBudget(t *testing.T) {
	leakguard.Check(t, leakguard.Budget{FDs: leakguard.None, HeapBytes: 4 << 20})
	sessions := budgets.NewSessions(time.Minute)
	defer sessions.Close()
	server := httptest.NewServer(sessions)
	defer server.Close()
	require.Equal(t, http.StatusOK, send(t, server.Client(), http.MethodPost, server.URL+"?id=a"))
}

// What each iteration may leave behind: nothing. The connection that is kept
// alive and the first tables of net/http are there once, so they are no leak.
func TestLoop(t *testing.T) {
	sessions := budgets.NewSessions(time.Minute)
	defer sessions.Close()
	server := httptest.NewServer(sessions)
	defer server.Close()
	i := 0
	leakguard.Loop(t, 50, func() {
		i++
		url := fmt.Sprintf("%s?id=%d", server.URL, i)
		require.Equal(t, http.StatusOK, send(t, server.Client(), http.MethodPost, url))
		require.Equal(t, http.StatusOK, send(t, server.Client(), http.MethodDelete, url))
	})
}

// Sessions that are not ended are there on purpose, for a minute. The budget says
// what one may cost.
func TestLoopWithBudget(t *testing.T) {
	sessions := budgets.NewSessions(time.Minute)
	defer sessions.Close()
	i := 0
	leakguard.Loop(t, 1000, func() {
		i++
		sessions.Touch(fmt.Sprint("session ", i))
	}, leakguard.Budget{HeapBytes: 200, HeapObjects: 3})
	require.Equal(t, 1000, sessions.Len())
}

// failures is a test that is expected to fail.
type failures struct {
	testing.TB
	said string
}

func (f *failures) Errorf(format string, args ...any) { f.said += fmt.Sprintf(format, args...) }

// How a leak reads: sessions that are never closed.
func TestLoopFindsForgottenSessions(t *testing.T) {
	var forgotten []*budgets.Sessions
	defer func() {
		for _, s := range forgotten {
			s.Close()
		}
	}()
	test := &failures{TB: t}
	leakguard.Loop(test, 50, func() {
		forgotten = append(forgotten, budgets.NewSessions(time.Minute))
	}, leakguard.Patience(50*time.Millisecond))
	require.Contains(t, test.said, "+1 goroutines, 50 left, created by github.com/govitals/govitals/examples/budgets.NewSessions at ")
	t.Log(test.said)
}
