package httpflight

import (
	"bytes"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/govitals/govitals/internal/chunks"
)

const (
	firstBuffer = 4 << 10
	maxBuffer   = 1 << 20
	// wakeEvery bounds how often followers are woken while the origin writes in
	// small pieces. It is wakeOne for each of them, so that waking many, some
	// microseconds each, leaves the processor to others.
	wakeEvery    = 10 * time.Millisecond
	wakeOne      = 10 * time.Microsecond
	wakeAtLatest = 200 * time.Millisecond
)

// opening is what a flight hands out: a stream and its beginning. Only the
// flight holds it, so that a stream which nobody may join any more has no
// beginning to hold on to.
type opening struct {
	first  *chunks.Chunk
	stream *stream
}

// head is what is known of an answer before its body. It never changes.
type head struct {
	ruling
	status int
	header http.Header
	asked  http.Header // what it varies on, of the request that caused it
	length int64       // declared, -1 if not
	at     time.Time   // when it was known
}

// stream is an answer while it is loaded and after. The fields above mu belong
// to the goroutine that loads.
type stream struct {
	handler *Handler
	key     flightKey
	request chan *http.Request // what to ask the handler behind for
	tail    *chunks.Chunk
	buf     []byte // tail of it not published: buf[sent:]
	sent    int
	woken   time.Time     // when followers were woken last
	rest    time.Duration // until they may be woken again
	typed   bool          // else net/http guesses the type from the first bytes
	silence *time.Timer

	ready   chan struct{} // closed when head is set
	head    *head
	aborted chan struct{} // closed when the load was given up
	room    chan struct{} // has an element after a follower of a crossed stream took something
	crossed atomic.Bool   // too large: goes on for those who are there

	outdated atomic.Bool // what it answers has been written to since it was asked for

	reported   sync.Once
	path       string        // for findings, cut
	background bool          // begun for nobody
	made       time.Duration // how old what it was made from was: that it is compressed is not news
	reuse      time.Duration // for how long it is reused, set when it is complete

	mu        sync.Mutex
	size      int64 // published bytes
	complete  bool  // the last chunk is published
	fault     error // why it was aborted
	cancel    func(error)
	followers map[*follower]struct{}
	users     int   // the load, the followers, and the time of reuse
	reserved  int64 // of Handler.budget
	pinned    bool  // counts in shelf.pinned
}

// maxPath bounds what is kept of a path.
const maxPath = 200

func newStream(h *Handler, key flightKey, path string) *opening {
	first := chunks.New()
	return &opening{first: first, stream: &stream{
		handler: h, key: key, path: strings.Clone(path[:min(len(path), maxPath)]), tail: first, users: 1,
		request: make(chan *http.Request, 1), ready: make(chan struct{}),
		aborted: make(chan struct{}), room: make(chan struct{}, 1),
	}}
}

// settle publishes the headers and what may be done with them.
func (s *stream) settle(hd *head) {
	s.head = hd
	if !hd.share {
		s.crossed.Store(true)
		s.forget()
	}
	if !hd.keep && !hd.failed() {
		s.handler.shelf.remove(s.key) // what was kept is not true any more
	}
	if s.isTelling() {
		s.handler.marks.note(s.key, hd.ruling)
	}
	close(s.ready)
}

// isTelling reports whether the headers say something of the address. An error that is
// for one client alone may be due to what that one has sent, which must not take the
// protection off for all; and in place of a failure an older answer stands in.
func (s *stream) isTelling() bool {
	if s.head.share {
		return !s.head.failed() || s.handler.config.StaleIfError == 0
	}
	return s.head.status < 400
}

// forget lets nobody join any more, and the flight let go of the beginning.
func (s *stream) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for f := range s.followers {
		f.seat.Forget() // all of one flight: one would do
		return
	}
}

// write appends to the body.
func (s *stream) write(p []byte) (written int, err error) {
	for written < len(p) {
		if len(s.buf) == cap(s.buf) {
			s.grow(len(p) - written)
		}
		n := min(len(p)-written, cap(s.buf)-len(s.buf))
		s.buf = append(s.buf, p[written:written+n]...)
		written += n
		if len(s.buf) < cap(s.buf) && !s.isDue() {
			continue
		}
		if err := s.publish(false); err != nil {
			return written, err
		}
	}
	return written, nil
}

// isDue reports whether followers should have what is written by now.
func (s *stream) isDue() bool {
	if s.woken.IsZero() {
		return s.typed || len(s.buf) >= sniffed
	}
	return time.Since(s.woken) >= s.rest
}

// grow makes room for at least a part of the n bytes to come. Published bytes
// stay where they are: the followers have them.
func (s *stream) grow(n int) {
	size := chunks.NextSize(cap(s.buf), firstBuffer, maxBuffer)
	if cap(s.buf) == 0 {
		size = min(max(n, firstBuffer), maxBuffer)
	}
	if length := s.head.length; length >= 0 {
		size = int(min(int64(size), max(length-s.size, 1)))
	}
	switch {
	case s.crossed.Load():
		size = min(size, crossedBuffer)
	case s.size >= s.handler.config.MaxBody:
		s.cross()
		size = min(size, crossedBuffer)
	default:
		size = int(min(int64(size), s.handler.config.MaxBody-s.size))
		if !s.reserve(int64(size)) {
			s.cross()
		}
	}
	s.buf, s.sent = make([]byte, 0, size), 0
}

func (s *stream) reserve(bytes int64) bool {
	if !s.handler.budget.take(bytes) {
		return false
	}
	s.mu.Lock()
	s.reserved += bytes
	s.mu.Unlock()
	return true
}

// flush publishes what there is.
func (s *stream) flush() error {
	if len(s.buf) == s.sent {
		return nil
	}
	return s.publish(false)
}

// publish appends what is new to the list and wakes the followers.
func (s *stream) publish(last bool) error {
	data := s.buf[s.sent:len(s.buf):len(s.buf)]
	if err := s.keepPace(len(data)); err != nil {
		return err
	}
	s.sent = len(s.buf)
	s.mu.Lock()
	s.size += int64(len(data))
	s.complete = last
	s.rest = min(max(time.Duration(len(s.followers))*wakeOne, wakeEvery), wakeAtLatest)
	s.mu.Unlock()
	s.tail = s.tail.Append(data, last)
	s.woken = time.Now()
	return nil
}

// finish publishes the rest. A small body does not keep a large buffer.
func (s *stream) finish() error {
	if s.sent == 0 && len(s.buf) <= cap(s.buf)/2 {
		s.buf = bytes.Clone(s.buf)
	}
	return s.publish(true)
}

// abort gives the load up, whether it heeds its context or not. It reports false if it
// was over.
func (s *stream) abort(err error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fault != nil || s.complete {
		return false
	}
	s.fault = err
	close(s.aborted)
	if s.cancel != nil {
		s.cancel(err)
	}
	return true
}

// release takes one user off. The last one gives the memory back.
func (s *stream) release() {
	s.mu.Lock()
	bytes := s.leaveLocked()
	unpin := s.users == 0 && s.pinned
	s.mu.Unlock()
	s.handler.budget.give(bytes)
	if unpin {
		s.handler.shelf.unpin(s.key)
	}
}

// leaveLocked takes one user off and returns the bytes that nobody uses any more.
func (s *stream) leaveLocked() (bytes int64) {
	if s.users--; s.users == 0 {
		bytes, s.reserved = s.reserved, 0
	}
	return bytes
}

// length returns the size of the body, -1 if it is not known yet.
func (s *stream) length() int64 {
	if s.head.length >= 0 {
		return s.head.length
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.complete {
		return s.size
	}
	return -1
}
