package singleflight

import (
	"strings"
	"testing"
)

const profile = `goroutine profile: total 4
2 @ 0x47e5ce 0x40a1d0
# labels: {"singleflight":"catalog/17"}
#	0x4a2a1b	net/http.(*persistConn).readLoop+0x1b	/go/net/http/transport.go:12

1 @ 0x47e5ce 0x40a1d0
# labels: {"of":"x", "singleflight":"catalog/17"}
#	0x4a2a1a	internal/poll.runtime_pollWait+0x1b	/go/src/runtime/netpoll.go:351
#	0x4a2a1b	example.com/shop.fetch+0x1b	/src/shop.go:12
#	0x4a2a1c	github.com/govitals/govitals/singleflight.(*load[...]).call+0x1b	/src/load.go:12

1 @ 0x47e5ce
#	0x4a2a1b	main.main+0x1b	/src/main.go:12
`

func TestStackOfALoadIsFoundByItsLabel(t *testing.T) {
	frames := findStack(profile, "catalog/17")
	if len(frames) != 2 || culprit(frames) != (frame{"example.com/shop.fetch", "/src/shop.go", 12}) {
		t.Errorf("got %v", frames)
	}
	for _, label := range []string{"catalog/1", "catalog/170", ""} {
		if frames := findStack(profile, label); frames != nil {
			t.Errorf("%q: got %v", label, frames)
		}
	}
}

func FuzzFindStack(f *testing.F) {
	f.Add(profile)
	f.Add(strings.ReplaceAll(profile, "\t", " "))
	f.Fuzz(func(t *testing.T, text string) {
		if frames := findStack(text, "catalog/17"); len(frames) > 0 {
			if where := culprit(frames); where.function == "" {
				t.Errorf("a frame without a function: %v", frames)
			}
		}
	})
}
