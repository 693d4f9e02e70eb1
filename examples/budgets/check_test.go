package budgets_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govitals/govitals/examples/budgets"
	"github.com/govitals/govitals/leakguard"
)

// send sends a request and closes the answer, without which the connection
// would stay.
func send(t require.TestingT, client *http.Client, method, url string) int {
	request, err := http.NewRequest(method, url, nil)
	require.NoError(t, err)
	response, err := client.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response.StatusCode
}

// The check comes first, so that it looks last: when the server is closed.
func TestServer(t *testing.T) {
	leakguard.Check(t)
	sessions := budgets.NewSessions(time.Minute)
	t.Cleanup(sessions.Close)
	server := httptest.NewServer(sessions)
	t.Cleanup(server.Close)

	require.Equal(t, http.StatusOK, send(t, server.Client(), http.MethodPost, server.URL+"?id=a"))
	require.Equal(t, 1, sessions.Len())
}

// A parallel test answers for its own goroutines only.
func TestMethods(t *testing.T) {
	for method, want := range map[string]int{
		http.MethodPost: http.StatusOK, http.MethodDelete: http.StatusOK, http.MethodGet: http.StatusMethodNotAllowed,
	} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			leakguard.Check(t)
			sessions := budgets.NewSessions(time.Minute)
			defer sessions.Close()
			recorder := httptest.NewRecorder()
			sessions.ServeHTTP(recorder, httptest.NewRequest(method, "/?id=a", nil))
			require.Equal(t, want, recorder.Code)
		})
	}
}
