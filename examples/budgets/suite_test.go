package budgets_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/suite"

	"github.com/govitals/govitals/examples/budgets"
	"github.com/govitals/govitals/leakguard"
)

// sessionSuite checks each of its tests. SetupTest begins before all that the
// test starts, and the check looks after TearDownTest.
type sessionSuite struct {
	suite.Suite
	sessions *budgets.Sessions
	server   *httptest.Server
}

func TestSessions(t *testing.T) {
	leakguard.Check(t) // what the suite as a whole leaves behind
	suite.Run(t, new(sessionSuite))
}

func (s *sessionSuite) SetupTest() {
	leakguard.Check(s.T(), leakguard.Budget{FDs: leakguard.None})
	s.sessions = budgets.NewSessions(time.Minute)
	s.server = httptest.NewServer(s.sessions)
}

func (s *sessionSuite) TearDownTest() {
	s.server.Close()
	s.sessions.Close()
}

func (s *sessionSuite) TestBegin() {
	s.Equal(http.StatusOK, send(s.T(), s.server.Client(), http.MethodPost, s.server.URL+"?id=a"))
	s.Equal(1, s.sessions.Len())
}

func (s *sessionSuite) TestEnd() {
	s.sessions.Touch("a")
	s.Equal(http.StatusOK, send(s.T(), s.server.Client(), http.MethodDelete, s.server.URL+"?id=a"))
	s.Zero(s.sessions.Len())
}

// Each request is repeated: nothing may grow with it.
func (s *sessionSuite) TestManyTimes() {
	leakguard.Loop(s.T(), 50, func() {
		s.Equal(http.StatusOK, send(s.T(), s.server.Client(), http.MethodPost, s.server.URL+"?id=a"))
	})
}
