package compare

import "testing"

func TestTimesHaveNoExponents(t *testing.T) {
	for x, want := range map[float64]string{
		0.9997: "1 s", 0.25: "250 ms", 0.9997e-3: "1 ms", 45e-6: "45 µs", 1234.5: "1,235 s",
	} {
		if got := seconds(x); got != want {
			t.Errorf("%v s is written as %q, want %q", x, got, want)
		}
	}
	if got := times(1523); got != "1,523" {
		t.Errorf("1523 times is written as %q", got)
	}
}

func TestAProcessIsNotYoungerThanAPartOfItsLife(t *testing.T) {
	young := Side{HasFigures: true, Uptime: 180, WarmUp: 600}
	got := (&Result{}).doubts(&pair{window: window{from: 600, to: 600}}, young, young)
	if got != "The canary has been up for 3m, and the first 10m are warm-up." {
		t.Errorf("said is %q", got)
	}
}
