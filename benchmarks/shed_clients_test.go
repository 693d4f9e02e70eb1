//go:build linux

package benchmarks

import (
	"bufio"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"
)

// shedClients has a child process be the clients of a server.
const shedClients = "GOVITALS_SHED_CLIENTS"

// clients send a server requests at random instants, whether or not those before were
// answered, as many people do. They are a process of their own: what they wait for
// shares no run queue with the server.
type clients struct {
	Addr string
	// Rate is that of the requests per second, RateBefore that of those in the time
	// Before. With 0 each connection asks again as soon as it is answered.
	Rate, RateBefore float64
	// Connections bounds those that are open. A request for which none is free waits
	// for one, and that counts.
	Connections int
	Before, For time.Duration // requests are sent
	Patience    time.Duration // answers are waited for after that
}

// answer is what a client got. Code is 0 where it got none in time.
type answer struct {
	Due, Took time.Duration // the time that the request was due, and from then on
	Code      int
}

// ask runs the clients in a process of their own.
func (c clients) ask(tb testing.TB) (answers []answer) {
	tb.Helper()
	order, err := json.Marshal(c)
	if err != nil {
		tb.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run", "^TestShedClients$")
	cmd.Env = append(os.Environ(), shedClients+"="+string(order))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	err = json.NewDecoder(out).Decode(&answers)
	_, _ = io.Copy(io.Discard, out)
	if wait := cmd.Wait(); err != nil || wait != nil {
		tb.Fatalf("the clients: %v, %v", err, wait)
	}
	return answers
}

// TestShedClients is the child process.
func TestShedClients(t *testing.T) {
	order := os.Getenv(shedClients)
	if order == "" {
		t.Skip("it has nothing to do by itself")
	}
	var c clients
	if err := json.Unmarshal([]byte(order), &c); err != nil {
		t.Fatal(err)
	}
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, -20) // a delay of its own would count as the server's
	if err := json.NewEncoder(os.Stdout).Encode(c.run()); err != nil {
		t.Fatal(err)
	}
}

// throng is a run of the clients.
type throng struct {
	clients
	start time.Time
	due   chan time.Duration

	mu      sync.Mutex
	answers []answer
}

func (c clients) run() []answer {
	r := &throng{clients: c, start: time.Now(), due: make(chan time.Duration, 1<<20)}
	var group sync.WaitGroup
	for range c.Connections {
		group.Go(r.client)
	}
	r.send()
	group.Wait()
	for due := range r.due {
		r.note(due, 0)
	}
	return r.answers
}

func (r *throng) end() time.Duration { return r.Before + r.For + r.Patience }

// send says when requests are due.
func (r *throng) send() {
	defer close(r.due)
	if r.Rate == 0 {
		time.Sleep(r.For)
		return
	}
	for due := time.Duration(0); due < r.Before+r.For; {
		time.Sleep(due - time.Since(r.start))
		r.due <- due
		rate := r.Rate
		if due < r.Before {
			rate = r.RateBefore
		}
		due += time.Duration(rand.ExpFloat64() / rate * float64(time.Second))
	}
}

// next returns when the next request of a connection is due.
func (r *throng) next() (due time.Duration, more bool) {
	if r.Rate == 0 {
		due = time.Since(r.start)
		return due, due < r.For
	}
	if time.Since(r.start) >= r.end() {
		return 0, false // what is due is noted in the end
	}
	due, more = <-r.due
	return due, more
}

// client sends requests on one connection.
func (r *throng) client() {
	var conn net.Conn
	var in *bufio.Reader
	for due, more := r.next(); more; due, more = r.next() {
		if conn == nil {
			var err error
			if conn, err = net.Dial("tcp", r.Addr); err != nil {
				r.note(due, 0)
				continue
			}
			defer conn.Close()
			in = bufio.NewReaderSize(conn, 1<<10)
			_ = conn.SetDeadline(r.start.Add(r.end()))
		}
		code := request(conn, in)
		r.note(due, code)
		if code == 0 {
			return
		}
	}
}

func request(conn net.Conn, in *bufio.Reader) (code int) {
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: server\r\n\r\n"); err != nil {
		return 0
	}
	response, err := http.ReadResponse(in, nil)
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return 0
	}
	return response.StatusCode
}

func (r *throng) note(due time.Duration, code int) {
	took := time.Since(r.start) - due
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answers = append(r.answers, answer{due, took, code})
}
