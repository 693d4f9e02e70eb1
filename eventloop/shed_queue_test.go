package eventloop

import (
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"
)

const (
	// slice is after what time the runtime takes a processor away from a goroutine, and
	// looks at the network if no idle processor does (forcePreemptNS and sysmon in
	// GOROOT/src/runtime/proc.go).
	slice = 10 * ms
	// refusing is the processor time that it takes to read a request and to refuse it.
	refusing = 20 * time.Microsecond
)

// runQueue is a made-up machine in the fake time of a bubble: processors, and the
// goroutines that wait for one.
type runQueue struct {
	random     *rand.Rand
	processors int

	mu      sync.Mutex
	idle    int             // processors
	ready   []chan struct{} // who waits, in order
	arrived []chan struct{} // over the network: nobody has looked yet
}

// arrive waits for a processor as a goroutine does that reads from the network.
func (q *runQueue) arrive() {
	mine := make(chan struct{})
	q.mu.Lock()
	q.arrived = append(q.arrived, mine)
	if q.idle > 0 {
		q.poll()
	}
	q.mu.Unlock()
	<-mine
}

// poll makes ready what has arrived, in any order.
func (q *runQueue) poll() {
	q.random.Shuffle(len(q.arrived), func(i, j int) { q.arrived[i], q.arrived[j] = q.arrived[j], q.arrived[i] })
	q.ready, q.arrived = append(q.ready, q.arrived...), nil
	for q.idle > 0 && len(q.ready) > 0 {
		q.next()
	}
}

// next gives a processor to who waits first.
func (q *runQueue) next() {
	q.idle--
	close(q.ready[0])
	q.ready = q.ready[1:]
}

// leave gives the processor back.
func (q *runQueue) leave() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.idle++
	if len(q.ready) == 0 {
		q.poll()
		return
	}
	q.next()
}

// use computes for a time.
func (q *runQueue) use(d time.Duration) {
	for ; d > slice; d -= slice {
		time.Sleep(slice)
		mine := make(chan struct{})
		q.mu.Lock()
		q.ready = append(q.ready, mine)
		q.mu.Unlock()
		q.leave()
		<-mine
	}
	time.Sleep(d)
}

// sysmon looks at the network while all processors are busy.
func (q *runQueue) sysmon(done <-chan struct{}) {
	for {
		select {
		case <-done:
			return
		case <-time.After(slice):
		}
		q.mu.Lock()
		q.poll()
		q.mu.Unlock()
	}
}

// long reports whether more wait than there are processors.
func (q *runQueue) long() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.ready) > q.processors
}

// queuedTicks are ticks that wait in a run queue.
type queuedTicks struct {
	sleeper
	queue *runQueue
}

func (s *queuedTicks) wait() (uint64, error) {
	select {
	case <-s.done:
		return 0, os.ErrClosed
	case <-time.After(s.next - s.since()):
	}
	s.queue.arrive()
	s.queue.leave()
	n := (s.since()-s.next)/s.period + 1
	s.next += n * s.period
	return uint64(n), nil
}

// service is a Shedder around a handler on a machine of its own. Start and end it in
// a bubble.
type service struct {
	queue *runQueue
	shed  *Shedder
	start time.Time

	mu      sync.Mutex
	answers []answer
}

// answer is one answer of a service.
type answer struct {
	due, took time.Duration
	code      int
}

// serve starts a service whose handler does work.
func serve(t *testing.T, processors int, config ShedConfig, work func(*runQueue)) *service {
	t.Helper()
	q := &runQueue{random: rand.New(rand.NewPCG(1, 2)), processors: processors, idle: processors}
	p := newProbe(t, Config{})
	p.queued = q.long
	p.open = func(_ Mode, since func() time.Duration) (source, Mode, error, error) {
		return &queuedTicks{sleeper{since: since, done: make(chan struct{})}, q}, Netpoll, nil, nil
	}
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	go q.sysmon(t.Context().Done())
	config.Probe = p
	config.Refused = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		q.use(refusing)
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	shed, err := NewShedder(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { work(q) }), config)
	if err != nil {
		t.Fatal(err)
	}
	return &service{queue: q, shed: shed, start: time.Now()}
}

// ask sends requests at random instants for a time, whether or not those before were
// answered, and returns what became of those once all are.
func (s *service) ask(perSecond float64, during time.Duration) []answer {
	var group sync.WaitGroup
	random := rand.New(rand.NewPCG(3, 4))
	s.start, s.answers = time.Now(), nil
	for due := time.Duration(0); due < during; due += time.Duration(random.ExpFloat64() * float64(time.Second) / perSecond) {
		time.Sleep(due - time.Since(s.start))
		group.Go(func() {
			s.queue.arrive()
			defer s.queue.leave()
			w := &status{code: http.StatusOK}
			s.shed.ServeHTTP(w, anyRequest)
			s.mu.Lock()
			defer s.mu.Unlock()
			s.answers = append(s.answers, answer{due, time.Since(s.start) - due, w.code})
		})
	}
	group.Wait()
	return s.answers
}

var anyRequest = &http.Request{URL: &url.URL{Path: "/"}}

// status keeps nothing of an answer but its status.
type status struct{ code int }

func (s *status) Header() http.Header         { return http.Header{} }
func (s *status) Write(b []byte) (int, error) { return len(b), nil }
func (s *status) WriteHeader(code int)        { s.code = code }
