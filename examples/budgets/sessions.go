package budgets

import (
	"net/http"
	"sync"
	"time"
)

// Sessions is a table of sessions. A janitor removes those that have expired.
type Sessions struct {
	mu      sync.Mutex
	expires map[string]time.Time
	life    time.Duration
	stop    chan struct{}
	stopped chan struct{}
}

// NewSessions starts the janitor. Close ends it.
func NewSessions(life time.Duration) *Sessions {
	s := &Sessions{
		expires: map[string]time.Time{}, life: life,
		stop: make(chan struct{}), stopped: make(chan struct{}),
	}
	go s.clean()
	return s
}

// Close ends the janitor. It must be called once.
func (s *Sessions) Close() {
	close(s.stop)
	<-s.stopped
}

// Touch begins a session, or prolongs it.
func (s *Sessions) Touch(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expires[id] = time.Now().Add(s.life)
}

// End ends a session.
func (s *Sessions) End(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.expires, id)
}

// Len returns how many sessions there are.
func (s *Sessions) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.expires)
}

// ServeHTTP begins the session ?id= with POST and ends it with DELETE.
func (s *Sessions) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodPost:
		s.Touch(r.FormValue("id"))
	case http.MethodDelete:
		s.End(r.FormValue("id"))
	default:
		http.Error(w, "use POST or DELETE", http.StatusMethodNotAllowed)
	}
}

func (s *Sessions) clean() {
	defer close(s.stopped)
	ticker := time.NewTicker(s.life)
	defer ticker.Stop()
	for {
		select {
		case <-s.stop:
			return
		case now := <-ticker.C:
			s.removeExpired(now)
		}
	}
}

func (s *Sessions) removeExpired(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, at := range s.expires {
		if now.After(at) {
			delete(s.expires, id)
		}
	}
}
