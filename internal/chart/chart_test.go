package chart

import (
	"encoding/xml"
	"io"
	"math"
	"strings"
	"testing"
	"time"
)

// wellFormed fails unless the picture is XML.
func wellFormed(t *testing.T, svg string) {
	t.Helper()
	decoder := xml.NewDecoder(strings.NewReader(svg))
	for {
		if _, err := decoder.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatalf("%v in %s", err, svg)
		}
	}
}

func series(values ...float64) []Point {
	var points []Point
	for i, v := range values {
		points = append(points, Point{At: time.Unix(int64(60*i), 0), Min: v, Max: v, Last: v})
	}
	return points
}

func TestPictureSaysWhatItShows(t *testing.T) {
	svg := string(Chart{Title: "Live <memory>", Unit: "By", Points: series(1<<20, 3<<20, 2<<20), Limit: 4 << 20}.SVG())
	wellFormed(t, svg)
	for _, words := range []string{"Live &lt;memory&gt; over 2m: now 2.00 MiB, lowest 1.00 MiB, highest 3.00 MiB", "stroke-dasharray", "2m ago"} {
		if !strings.Contains(svg, words) {
			t.Errorf("%q is missing in %s", words, svg)
		}
	}
	for _, forbidden := range []string{"style=", "<script", "href"} {
		if strings.Contains(svg, forbidden) {
			t.Errorf("%q breaks the content security policy: %s", forbidden, svg)
		}
	}
}

func TestSpikeSurvivesThinning(t *testing.T) {
	values := make([]float64, 10_000)
	for i := range values {
		values[i] = 1
	}
	values[4321] = 100
	points := thin(series(values...), maxPoints)
	highest := 0.0
	for _, p := range points {
		highest = max(highest, p.Max)
	}
	if len(points) > maxPoints || highest != 100 {
		t.Errorf("%d points, the highest %v; want at most %d and 100", len(points), highest, maxPoints)
	}
}

func TestUnknownIsLeftOut(t *testing.T) {
	nan := math.NaN()
	if svg := (Chart{Points: series(nan, 1, nan)}).SVG(); svg != "" {
		t.Errorf("one known point makes a picture: %s", svg)
	}
	wellFormed(t, string(Chart{Points: series(nan, 0, 0, nan)}.SVG()))
}

func FuzzChart(f *testing.F) {
	f.Add("title", "By", 1.0, 2.0, int64(0), int64(60), 3.0)
	f.Add("\x00<&\"", "", math.Inf(1), -1.0, int64(60), int64(0), -5.0)
	f.Fuzz(func(t *testing.T, title, unit string, a, b float64, atA, atB int64, limit float64) {
		points := []Point{{time.Unix(atA, 0), a, a, a}, {time.Unix(atB, 0), b, b, b}}
		svg := string(Chart{Title: strings.ToValidUTF8(strings.Map(printable, title), ""), Unit: unit, Points: points, Limit: limit}.SVG())
		wellFormed(t, svg)
	})
}

// printable drops what XML cannot hold; titles are written into the program.
func printable(r rune) rune {
	if r < ' ' || r > 0xD7FF {
		return -1
	}
	return r
}
