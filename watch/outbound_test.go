package watch

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govitals/govitals/finding"
)

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func hostOf(t *testing.T, o *Outbound, name string) HostStats {
	t.Helper()
	for _, h := range o.Stats().Hosts {
		if h.Host == name {
			return h
		}
	}
	t.Fatalf("no host %s in %v", name, o.Stats().Hosts)
	return HostStats{}
}

// The server counts what it received itself.
func TestOutboundCountsWhatTheServerCounts(t *testing.T) {
	received, answered := 0, 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		received += len(body)
		n, _ := w.Write(bytes.Repeat([]byte("x"), 3*len(body)))
		answered += n
	}))
	defer server.Close()
	o := NewOutbound(server.Client().Transport, OutboundConfig{})
	client := &http.Client{Transport: o}
	defer client.CloseIdleConnections()
	for _, body := range []io.Reader{nil, strings.NewReader("hello"), io.MultiReader(strings.NewReader("of unknown length"))} {
		response, err := client.Post(server.URL, "text/plain", body)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, response.Body); err != nil {
			t.Error(err)
		}
		if err := response.Body.Close(); err != nil {
			t.Error(err)
		}
	}
	h := hostOf(t, o, strings.TrimPrefix(server.URL, "http://"))
	if h.Calls() != 3 || h.Sent != uint64(received) || h.Received != uint64(answered) || received == 0 {
		t.Errorf("%d calls, %d sent, %d received, want 3, %d, %d", h.Calls(), h.Sent, h.Received, received, answered)
	}
	if s := o.Stats(); s.Waiting != 0 || s.OpenBodies != 0 {
		t.Errorf("%d wait and %d bodies are open after all is done", s.Waiting, s.OpenBodies)
	}
}

func TestOutboundOutcomes(t *testing.T) {
	answer := func(status int, err error) roundTrip {
		return func(*http.Request) (*http.Response, error) {
			if err != nil {
				return nil, err
			}
			return &http.Response{StatusCode: status, Body: http.NoBody}, nil
		}
	}
	for outcome, next := range map[CallOutcome]roundTrip{
		CallOK: answer(404, nil), CallServerError: answer(503, nil), CallFailed: answer(0, errors.New("refused")),
	} {
		o := NewOutbound(next, OutboundConfig{})
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://API.example.com/x", nil)
		_, _ = o.RoundTrip(r)
		h := hostOf(t, o, "api.example.com")
		if n := h.Latency[outcome].Count(); n != 1 || h.Calls() != 1 {
			t.Errorf("%v: counted %d of %d calls", outcome, n, h.Calls())
		}
		if s := o.Stats(); s.Waiting != 0 || s.OpenBodies != 0 {
			t.Errorf("%v: %+v", outcome, s)
		}
	}
}

func TestCallWithoutAnAnswerIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := NewOutbound(roundTrip(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}), OutboundConfig{MaxWait: time.Minute})
		wantFinding(t, o, finding.OK)
		client := &http.Client{Transport: o, Timeout: 10 * time.Minute}
		done := make(chan error)
		go func() {
			_, err := client.Get("http://slow.example.com/")
			done <- err
		}()
		time.Sleep(30 * time.Second)
		wantFinding(t, o, finding.OK, "1 outbound call waiting")
		time.Sleep(90 * time.Second)
		wantFinding(t, o, finding.Suspect, "CALL WITHOUT AN ANSWER", "slow.example.com", "2m")
		if got := collect(t, o); got["outbound.oldest"] != 120 || got["outbound.waiting"] != 1 {
			t.Errorf("metrics are %v", got)
		}
		if err := <-done; err == nil {
			t.Error("the call had an answer")
		}
		wantFinding(t, o, finding.OK)
		h := hostOf(t, o, "slow.example.com")
		if h.Latency[CallCancelled].Count() != 1 {
			t.Errorf("outcomes are %v", h.Calls())
		}
	})
}

func TestBodyThatNobodyCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := NewOutbound(roundTrip(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader("hello"))}, nil
		}), OutboundConfig{})
		r := httptest.NewRequest(http.MethodGet, "http://a.example.com/", nil)
		forgotten, _ := o.RoundTrip(r)
		read, _ := o.RoundTrip(r)
		if _, err := io.ReadAll(read.Body); err != nil {
			t.Fatal(err)
		}
		closed, _ := o.RoundTrip(r)
		_ = closed.Body.Close()
		_ = closed.Body.Close()
		time.Sleep(10 * time.Minute)
		if s := o.Stats(); s.OpenBodies != 1 || s.OldestBody != 10*time.Minute {
			t.Errorf("%d bodies are open, the oldest for %v, want one for 10m", s.OpenBodies, s.OldestBody)
		}
		wantFinding(t, o, finding.OK, "1 response open", "10m")
		_ = forgotten.Body.Close()
	})
}

// However many calls there are, each body that is open counts.
func TestOutboundBeyondWhatIsTracked(t *testing.T) {
	o := NewOutbound(roundTrip(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(""))}, nil
	}), OutboundConfig{})
	r := httptest.NewRequest(http.MethodGet, "http://a.example.com/", nil)
	const n = trackerShards*maxTracked + 1000
	bodies := make([]io.Closer, n)
	for i := range bodies {
		response, _ := o.RoundTrip(r)
		bodies[i] = response.Body
	}
	if s := o.Stats(); s.OpenBodies != n {
		t.Errorf("%d bodies are open, want %d", s.OpenBodies, n)
	}
	for _, body := range bodies {
		_ = body.Close()
	}
	if s := o.Stats(); s.OpenBodies != 0 || s.Waiting != 0 {
		t.Errorf("%d bodies are open and %d calls wait after all were closed", s.OpenBodies, s.Waiting)
	}
}

type duplex struct {
	bytes.Buffer
	halfClosed bool
}

func (*duplex) Close() error { return nil }

func (d *duplex) CloseWrite() error {
	d.halfClosed = true
	return nil
}

func TestBodyAfterASwitchOfProtocolsCanBeWritten(t *testing.T) {
	connection := new(duplex)
	o := NewOutbound(roundTrip(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 101, Body: connection}, nil
	}), OutboundConfig{})
	response, _ := o.RoundTrip(httptest.NewRequest(http.MethodGet, "http://a.example.com/", nil))
	defer response.Body.Close()
	w, ok := response.Body.(io.Writer)
	if !ok {
		t.Fatal("the body is no Writer")
	}
	if _, err := io.WriteString(w, "ping"); err != nil {
		t.Fatal(err)
	}
	if h := hostOf(t, o, "a.example.com"); h.Sent != 4 {
		t.Errorf("%d bytes sent, want 4", h.Sent)
	}
	// httputil.ReverseProxy hands on that one side has said all.
	half, ok := w.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil || !connection.halfClosed {
		t.Errorf("one direction cannot be closed alone (%v)", ok)
	}
}

func TestPanicInTheTransportLeavesNoCall(t *testing.T) {
	o := NewOutbound(roundTrip(func(*http.Request) (*http.Response, error) { panic("boom") }), OutboundConfig{})
	said := panicOf(func() { _, _ = o.RoundTrip(httptest.NewRequest(http.MethodGet, "http://a.example.com/", nil)) })
	if s := o.Stats(); said != "boom" || s.Waiting != 0 {
		t.Errorf("it panicked with %v, and %d calls wait", said, s.Waiting)
	}
}

func TestWhoSendsMost(t *testing.T) {
	o := NewOutbound(roundTrip(func(r *http.Request) (*http.Response, error) {
		_, _ = io.Copy(io.Discard, r.Body)
		return &http.Response{StatusCode: 200, Body: http.NoBody}, nil
	}), OutboundConfig{MaxHosts: 3})
	send := func(host string, n int) {
		_, _ = o.RoundTrip(httptest.NewRequest(http.MethodPost, "http://"+host+"/", strings.NewReader(strings.Repeat("x", n))))
	}
	send("a.example.com", 100)
	before := o.Stats()
	send("b.example.com", 600)
	send("a.example.com", 100)
	if c := only(t, o).Culprits; len(c) != 2 || c[0].Name != "b.example.com" || c[0].Share != 0.75 {
		t.Errorf("culprits are %+v, want b with three quarters", c)
	}
	if window := o.Stats().Sub(before); window.Hosts[0].Host != "a.example.com" || window.Hosts[0].Sent != 100 {
		t.Errorf("a sent %d in the window, want 100", window.Hosts[0].Sent)
	}
	wantFinding(t, o, finding.OK, "No outbound call waits for an answer.")
	send("b.example.com", 3<<20)
	send("a.example.com", 512<<10)
	wantFinding(t, o, finding.OK, "3.50 MiB of bodies so far, 86 % of it with b.example.com: 6.0 times as much as with any other.")
	for i := range 100 {
		send(strings.Repeat("h", i+1)+".example.com", 1)
	}
	if n := len(o.Stats().Hosts); n > 5 {
		t.Errorf("%d hosts, want no more than 3 and (other)", n)
	}
}

func TestOneOutboundForTwoTransports(t *testing.T) {
	answer := func(status int) roundTrip {
		return func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Body: http.NoBody}, nil
		}
	}
	o := NewOutbound(answer(200), OutboundConfig{})
	other := o.Around(answer(500))
	for _, next := range []http.RoundTripper{o, other, other} {
		if _, err := next.RoundTrip(httptest.NewRequest(http.MethodGet, "http://a.example.com/", nil)); err != nil {
			t.Fatal(err)
		}
	}
	h := hostOf(t, o, "a.example.com")
	if h.Latency[CallOK].Count() != 1 || h.Latency[CallServerError].Count() != 2 {
		t.Errorf("%d ok and %d server errors, want 1 and 2", h.Latency[CallOK].Count(), h.Latency[CallServerError].Count())
	}
}

func TestOutboundConfigValidate(t *testing.T) {
	wantRefused(t, map[string]OutboundConfig{
		"OutboundConfig.MaxHosts is -1": {MaxHosts: -1}, "OutboundConfig.MaxHosts is 1048577": {MaxHosts: maxNames + 1}, "OutboundConfig.MaxWait": {MaxWait: -1},
	})
	NewOutbound(nil, OutboundConfig{MaxHosts: maxNames}) // what Validate lets pass does not panic
}
