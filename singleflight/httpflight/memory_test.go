package httpflight_test

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/govitals/govitals/singleflight/httpflight"
)

// What strangers write into an address and its headers is held within MaxBytes, too.
func TestLongAddressesCount(t *testing.T) {
	const most = 1 << 20
	for name, add := range map[string]func(r *http.Request, i int){
		"query": func(r *http.Request, i int) { r.URL.RawQuery = fmt.Sprint(i, strings.Repeat("q", 64<<10)) },
		"path":  func(r *http.Request, i int) { r.URL.Path = fmt.Sprint("/", i, strings.Repeat("p", 64<<10)) },
		"header": func(r *http.Request, i int) {
			r.URL.RawQuery = fmt.Sprint(i)
			r.Header.Set("User-Agent", strings.Repeat("u", 64<<10))
		},
		"vary": func(r *http.Request, i int) {
			r.URL.RawQuery = fmt.Sprint(i)
			r.Header.Set("X-Tenant", strings.Repeat("t", 64<<10))
		},
	} {
		h := newHandler(t, newOrigin(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			w.Header().Set("Vary", "X-Tenant")
			_, _ = w.Write([]byte("hello"))
		}), httpflight.Config{Reuse: time.Hour, MaxBytes: most})
		before := live()
		for i := range 60 {
			c := newClient("GET", "http://shop.example/")
			add(c.r, i)
			if c.do(h); c.status != 200 || c.body.String() != "hello" {
				t.Fatalf("%s: %d %q", name, c.status, &c.body)
			}
		}
		grown := live() - before
		t.Logf("%s: %d KiB", name, grown>>10)
		if grown > most {
			t.Errorf("%s: %d KiB are held, of %d in all", name, grown>>10, most>>10)
		}
		runtime.KeepAlive(h)
	}
}

func live() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
