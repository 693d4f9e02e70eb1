package vitals

import "testing"

func TestPlacesTellNothingOfTheMachine(t *testing.T) {
	for _, c := range []struct {
		function, file string
		line           int
		want           string
	}{
		{"github.com/govitals/govitals/heap.(*Monitor).step", "/home/ann/src/heap/monitor.go", 7, "heap/monitor.go:7"},
		{"net/http.(*conn).serve", "/usr/local/go/src/net/http/server.go", 1, "net/http/server.go:1"},
		{"gopkg.in/yaml%2ev3.Unmarshal", `C:\go\yaml.go`, 3, "gopkg.in/yaml.v3/yaml.go:3"},
		{"example.org/x.F[go.shape.struct { example.org/y.Z }]", "/x/f.go", 2, "example.org/x/f.go:2"},
		{"", "/secret/dir/f.go", 2, "f.go:2"}, {"f", "", 0, ""},
	} {
		if got := place(c.function, c.file, c.line); got != c.want {
			t.Errorf("%s in %s is at %q, want %q", c.function, c.file, got, c.want)
		}
	}
}
