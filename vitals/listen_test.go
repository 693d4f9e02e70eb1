package vitals

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/govitals/govitals/leakguard"
)

func TestAddressesThatOthersReachAreRefused(t *testing.T) {
	open := func(*http.Request) error { return nil }
	cases := []struct {
		addr   string
		config Config
		want   []string // in the error, none if it is allowed
	}{
		{"127.0.0.1:6060", Config{}, nil},
		{"127.1.2.3:0", Config{}, nil},
		{"[::1]:6060", Config{}, nil},
		{"[::ffff:127.0.0.1]:6060", Config{}, nil},
		{"localhost:6060", Config{}, nil},
		{":6060", Config{}, []string{`":6060"`, "all networks", "neither Token nor Authorize", "listen on 127.0.0.1"}},
		{"0.0.0.0:6060", Config{}, []string{"other machines", "Config.Token"}},
		{"[::]:6060", Config{}, []string{"other machines"}},
		{"[::ffff:0.0.0.0]:6060", Config{}, []string{"other machines"}},
		{"192.0.2.7:6060", Config{}, []string{"192.0.2.7", "other machines", "function names"}},
		{"[fe80::1%lo]:6060", Config{}, []string{"other machines"}},
		{"127.0.0.1.nip.invalid:6060", Config{}, []string{"127.0.0.1.nip.invalid"}},
		{"127.0.0.1", Config{}, []string{"127.0.0.1:6060"}},
		{"", Config{}, []string{"127.0.0.1:6060"}},
		{":6060", Config{Token: "0123456789abcdef"}, nil},
		{"0.0.0.0:6060", Config{Authorize: open}, nil},
	}
	for _, c := range cases {
		_, err := c.config.listenable(t.Context(), c.addr)
		if (err == nil) != (c.want == nil) {
			t.Errorf("%q with %+v: %v", c.addr, c.config, err)
			continue
		}
		for _, word := range c.want {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%q: the error %q does not say %q", c.addr, err, word)
			}
		}
	}
}

func FuzzListenable(f *testing.F) {
	for _, addr := range []string{"127.0.0.1:1", ":1", "[::1]:1", "0:1", "0x7f000001:1", "2130706433:1", "127.1:1", "[::]:1", "10.0.0.1:http"} {
		f.Add(addr)
	}
	f.Fuzz(func(t *testing.T, addr string) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // names are not looked up
		at, err := Config{}.listenable(ctx, addr)
		if err != nil {
			return
		}
		host, _, err := net.SplitHostPort(at)
		if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
			t.Errorf("%q is listened on as %q", addr, at)
		}
	})
}

// freeAddress returns one that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// whileListening runs check beside ListenAndServe and returns its error.
func whileListening(t *testing.T, v *Vitals, check func(url string)) error {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	addr := freeAddress(t)
	done := make(chan error, 1)
	go func() { done <- ListenAndServe(ctx, addr, v) }()
	eventually(t, "it listens, or has ended", func() bool {
		connection, err := net.Dial("tcp", addr)
		if err == nil {
			_ = connection.Close()
		}
		return err == nil || len(done) > 0
	})
	check("http://" + addr)
	cancel()
	err := <-done
	if connection, dialled := net.Dial("tcp", addr); dialled == nil {
		_ = connection.Close()
		t.Error("it still listens after the end of the context")
	}
	return err
}

func TestListenAndServe(t *testing.T) {
	v := newVitals(t, Config{NoProbe: true}) // which a busy machine would wake
	err := whileListening(t, v, func(url string) {
		for _, path := range []string{"/", "/debug/vitals", "/vitals"} { // "/" leads to the report
			if response, body := get(t, url+path); response.StatusCode != 200 || !strings.HasPrefix(body, "TOO EARLY") {
				t.Errorf("%s: %s %.60q", path, response.Status, body)
			}
		}
		for _, path := range []string{"/", "/debug/vitals", "/debug/heap"} {
			if response, body := get(t, url+path, "Host", "evil.test"); response.StatusCode != 403 {
				t.Errorf("%s for a foreign host: %s %.60q", path, response.Status, body)
			}
		}
	})
	if err != nil {
		t.Error(err)
	}
}

func TestListenAndServeWithAToken(t *testing.T) {
	const token = "0123456789abcdef"
	v := newVitals(t, Config{Token: token})
	err := whileListening(t, v, func(url string) {
		if response, _ := get(t, url+"/debug/vitals"); response.StatusCode != 401 {
			t.Errorf("without the token: %s", response.Status)
		}
		if response, _ := get(t, url+"/debug/vitals", "Authorization", "Bearer "+token); response.StatusCode != 200 {
			t.Errorf("with the token: %s", response.Status)
		}
	})
	if err != nil {
		t.Error(err)
	}
}

func TestListenAndServeErrors(t *testing.T) {
	v := newVitals(t, Config{})
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for addr, want := range map[string]string{taken.Addr().String(): "choose another address", ":0": "all networks", "127.0.0.1:99999": "99999"} {
		if err := ListenAndServe(t.Context(), addr, v); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error is %v, want %q", addr, err, want)
		}
	}
	for _, none := range []*Vitals{nil, new(Vitals)} {
		if err := ListenAndServe(t.Context(), "127.0.0.1:0", none); err == nil || !strings.Contains(err.Error(), "Start") {
			t.Errorf("error is %v", err)
		}
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if err := ListenAndServe(over, "127.0.0.1:0", v); err != nil {
		t.Errorf("after the end of the context: %v", err)
	}
}

// Clients that wait, that never read and that come late leave nothing behind: no
// goroutine, no descriptor.
func TestListenAndServeLeavesNothing(t *testing.T) {
	v := newVitals(t, Config{})
	leakguard.Loop(t, 15, func() {
		err := whileListening(t, v, func(url string) {
			addr := strings.TrimPrefix(url, "http://")
			silent, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			defer silent.Close()
			half, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			defer half.Close()
			if _, err := half.Write([]byte("GET /debug/vitals HTTP/1.1\r\nHost: localhost\r\n")); err != nil {
				t.Error(err)
			}
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// The end of the context cuts off a capture that goes on.
func TestListenAndServeDoesNotWaitForCaptures(t *testing.T) {
	v := newVitals(t, Config{})
	var group sync.WaitGroup
	begin := time.Now()
	err := whileListening(t, v, func(url string) {
		group.Go(func() {
			response, err := http.Get(url + "/debug/heap?seconds=30")
			if err == nil {
				_ = response.Body.Close()
			} else if errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
		})
		time.Sleep(100 * time.Millisecond)
	})
	group.Wait()
	if err != nil || time.Since(begin) > 15*time.Second { // it would take thirty
		t.Errorf("it took %v: %v", time.Since(begin), err)
	}
}
