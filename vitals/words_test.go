package vitals

import "testing"

func TestFiguresOfThePageHaveNoExponents(t *testing.T) {
	for seconds, want := range map[float64]string{
		0: "0 s", 0.9997: "1s", 0.9994: "999 ms", 0.9997e-3: "1 ms", 12.345e-3: "12.3 ms", 450e-6: "450 µs", 4e-10: "less than 0.001 µs",
	} {
		if got := brief(seconds); got != want {
			t.Errorf("%v s is written as %q, want %q", seconds, got, want)
		}
	}
	for share, want := range map[float64]string{0: "0 %", 4.2e-7: "less than 0.001 %", 0.00012: "0.012 %", 0.0999: "10 %", 1: "100 %"} {
		if got := percent(share); got != want {
			t.Errorf("a share of %v is written as %q, want %q", share, got, want)
		}
	}
}
