package heap

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"runtime/pprof"
	"strings"

	"github.com/govitals/govitals/internal/gate"
)

// HandlerConfig configures [Handler]. The zero value is recommended where
// nobody but this machine needs to look.
type HandlerConfig struct {
	// Monitor adds limits and the age of figures to the report. Default: none;
	// each request reads the heap.
	Monitor *Monitor
	// Token opens the handler to requests that carry it, as a bearer token or
	// as the password of HTTP Basic authentication, wherever they come from.
	// At least 16 bytes. Default: none, this machine only.
	Token string
	// Authorize decides who may pass instead of Token and of the checks that
	// stand without it. An error refuses. Default: none.
	Authorize func(*http.Request) error
}

// Validate returns an error that names the field that is wrong.
func (c HandlerConfig) Validate() error {
	if err := c.gate().Validate(); err != nil {
		return fmt.Errorf("heap: HandlerConfig: %w", err)
	}
	return nil
}

func (c HandlerConfig) gate() gate.Config {
	return gate.Config{Token: c.Token, Authorize: c.Authorize}
}

// Handler serves the heap of this process. Programs get the snapshot that
// go tool pprof reads; a browser gets the report. "?format=" with pprof, text
// or json decides.
//
// Requests that do not come from this machine are refused, unless config says
// otherwise. Snapshots are taken one at a time, and their bytes are reused for
// a second: a client that asks again and again does not slow the service down.
// The handler is also a metric.Source that counts requests. It panics if config
// is not valid.
func Handler(config HandlerConfig) http.Handler {
	if err := config.Validate(); err != nil {
		panic(err)
	}
	guard, err := gate.New(config.gate())
	if err != nil {
		panic(err)
	}
	h := &handler{Gate: guard, monitor: config.Monitor}
	h.protected = guard.Protect("heap", http.HandlerFunc(h.serve))
	return h
}

// handler is a metric.Source by its gate.
type handler struct {
	*gate.Gate
	protected http.Handler
	monitor   *Monitor
}

// ServeHTTP implements [http.Handler].
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.protected.ServeHTTP(w, r) }

func (h *handler) serve(w http.ResponseWriter, r *http.Request) {
	switch format(r) {
	case "pprof":
		w.Header().Set("X-Govitals-Report", "?format=text")
		h.Serve(w, r, gate.Page{Key: "pprof", ContentType: "application/octet-stream", Filename: "heap.pb.gz", Render: writeProfile})
	case "text":
		h.Serve(w, r, gate.Page{Key: "text", ContentType: "text/plain; charset=utf-8", Render: h.writeText})
	case "json":
		h.Serve(w, r, gate.Page{Key: "json", ContentType: "application/json", Render: h.writeJSON})
	default:
		w.Header().Set("X-Go-Pprof", "1")
		http.Error(w, fmt.Sprintf("format is %.40q: use pprof, text or json", r.FormValue("format")), http.StatusBadRequest)
	}
}

// format is what the client asks for: by name, or by being a browser.
func format(r *http.Request) string {
	if asked := r.URL.Query().Get("format"); asked != "" {
		return asked
	}
	if strings.Contains(r.Header.Get("Accept"), "text/html") {
		return "text"
	}
	return "pprof"
}

// pieces is the size in which a profile is written: the encoder emits it in
// pieces of some 240 bytes.
const pieces = 32 << 10

func writeProfile(_ context.Context, w io.Writer) error {
	if runtime.MemProfileRate == 0 {
		return errors.New("heap profiling is off: runtime.MemProfileRate is 0")
	}
	buffered := bufio.NewWriterSize(w, pieces)
	if err := pprof.Lookup("heap").WriteTo(buffered, 0); err != nil {
		return err
	}
	return buffered.Flush()
}

func (h *handler) writeText(_ context.Context, w io.Writer) error {
	_, err := io.WriteString(w, h.snapshot().String())
	return err
}

func (h *handler) writeJSON(_ context.Context, w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(h.snapshot())
}

// snapshot is that of the monitor if there is one that runs, else a reading of
// its own.
func (h *handler) snapshot() Snapshot {
	var s Snapshot
	if h.monitor != nil {
		s = h.monitor.Snapshot()
	}
	if s.At.IsZero() {
		Read(&s.Stats)
	}
	return s
}
