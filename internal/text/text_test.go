package text

import (
	"math"
	"testing"
	"time"
)

func TestBytes(t *testing.T) {
	cases := map[uint64]string{
		0: "0 B", 1: "1 B", 999: "999 B", 1000: "0.98 KiB", 1024: "1.00 KiB", 1536: "1.50 KiB",
		10 << 10: "10.0 KiB", 512 << 20: "512 MiB", 1023 << 20: "1.00 GiB", 1023487: "999 KiB", 1023488: "0.98 MiB", 13002342: "12.4 MiB",
		math.MaxUint64: "16.0 EiB",
	}
	for n, want := range cases {
		if got := Bytes(n); got != want {
			t.Errorf("Bytes(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestFigureAndChange(t *testing.T) {
	cases := []struct {
		value  float64
		unit   string
		figure string
		change string
	}{
		{1 << 20, "By", "1.00 MiB", "+1.00 MiB"},
		{-1 << 20, "By", "-1.00 MiB", "-1.00 MiB"},
		{0, "By", "0 B", "0 B"},
		{8104, "{series}", "8,104", "+8,104"},
		{-1234567, "{series}", "-1,234,567", "-1,234,567"},
		{183644.4, "{series}", "183,644", "+183,644"},
		{-1999.6, "", "-2,000", "-2,000"},
		{999.7, "", "1,000", "+1,000"},
		{100, "", "100", "+100"},
		{0.256, "1", "0.26", "+0.26"},
		{90, "s", "1m 30s", "+1m 30s"},
		{math.NaN(), "By", "unknown", "unknown"},
		{0.5, "By", "0.50 B", "+0.50 B"},
		{-0.001, "By", "0.00 B", "0.00 B"},
		{math.Copysign(0, -1), "By", "0 B", "0 B"},
		{-0.004, "1", "0.00", "0.00"},
	}
	for _, c := range cases {
		if got := Figure(c.value, c.unit); got != c.figure {
			t.Errorf("Figure(%v, %q) = %q, want %q", c.value, c.unit, got, c.figure)
		}
		if got := Change(c.value, c.unit); got != c.change {
			t.Errorf("Change(%v, %q) = %q, want %q", c.value, c.unit, got, c.change)
		}
	}
}

func TestDuration(t *testing.T) {
	cases := map[time.Duration]string{
		0: "0s", 418021736 * time.Nanosecond: "418ms", 59 * time.Second: "59s", 1949 * time.Millisecond: "1.9s",
		9949 * time.Millisecond: "9.9s", 9950 * time.Millisecond: "10s", 1049 * time.Millisecond: "1s",
		60 * time.Second: "1m",
		80 * time.Second: "1m 20s", 3*time.Hour + 5*time.Minute + time.Second: "3h 5m",
		12*24*time.Hour + 4*time.Hour: "12d 4h", -time.Minute: "-1m",
		1254 * time.Microsecond: "1.25ms", 613 * time.Microsecond: "610µs", 10*time.Millisecond + 1254*time.Microsecond: "11ms",
	}
	for d, want := range cases {
		if got := Duration(d); got != want {
			t.Errorf("Duration(%v) = %q, want %q", d, got, want)
		}
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int]string{0: "0 readings", 1: "1 reading", 1200: "1,200 readings"} {
		if got := Count(n, "reading"); got != want {
			t.Errorf("Count(%d) = %q, want %q", n, got, want)
		}
	}
}

func FuzzFigure(f *testing.F) {
	for _, unit := range []string{"", "By", "s", "1", "{item}"} {
		for _, value := range []float64{0, -1, 1e300, -1e300, math.Inf(1), math.Inf(-1), math.NaN(), 9.3e9, -9.3e9} {
			f.Add(value, unit)
		}
	}
	f.Fuzz(func(t *testing.T, value float64, unit string) {
		if Figure(value, unit) == "" || Change(value, unit) == "" {
			t.Errorf("%v in %q is written as nothing", value, unit)
		}
	})
}

func TestLongestDurations(t *testing.T) {
	for _, d := range []time.Duration{math.MinInt64, math.MaxInt64} {
		if got := Duration(d); got == "" {
			t.Errorf("%d is written as nothing", d)
		}
	}
}

func TestNumberHasThreeDigitsAndNoExponent(t *testing.T) {
	cases := map[float64]string{
		0: "0", 1: "1", 0.25: "0.25", 1.5: "1.5", 27.44: "27.4", 100: "100", 999.4: "999", 999.6: "1,000", 1523.4: "1,523",
		0.0012345: "0.00123", 0.0001: "less than 0.001", -0.0001: "0", -1.5: "-1.5", 29000: "29,000",
		1e18: "1000000000000000000", math.Inf(1): "+Inf", math.NaN(): "unknown",
	}
	for value, want := range cases {
		if got := Number(value); got != want {
			t.Errorf("Number(%v) = %q, want %q", value, got, want)
		}
	}
}
