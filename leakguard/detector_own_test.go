package leakguard

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/govitals/govitals/finding"
)

// A signal that judges by itself says what it says, in whatever order and of whatever state.
func TestWhatASignalSaysItselfIsNotReplaced(t *testing.T) {
	inBubble(t, DetectorConfig{Resolution: 100 * time.Millisecond}, func(t *testing.T, d *Detector) {
		end := time.Now().Add(time.Hour)
		several := &selfJudged{figure: constant("several", 1), findings: []finding.Finding{
			{Signal: "several", State: OK, Summary: "This one is well."},
			{Signal: "several", State: Leaking, Summary: "That one is not.", PerHour: 7, Low: 6, High: 8, Forecast: finding.Forecast{At: end}},
		}}
		exploded := &selfJudged{figure: constant("exploded", 1), findings: []finding.Finding{{
			Signal: "exploded", State: finding.Exploded, Summary: "It has a million keys.", Advice: "Have fewer.",
		}}}
		blind := &selfJudged{figure: constant("blind", 1), findings: []finding.Finding{{
			Signal: "blind", State: finding.Unknown, Summary: "Half of it cannot be seen.",
		}}}
		_ = d.Watch(several, exploded, blind)
		time.Sleep(3 * time.Second)
		for signal, want := range map[string]string{
			"several": "That one is not.", "exploded": "It has a million keys.", "blind": "Half of it cannot be seen.",
		} {
			if f := about(t, d, signal); f.Summary != want {
				t.Errorf("%s: %v %q, want %q", signal, f.State, f.Summary, want)
			}
		}
		if v, _ := d.Verdict("several"); v.State != Leaking || v.Low != 6 || v.High != 8 || !v.ReachesLimit.Equal(end) {
			t.Errorf("verdict is %+v", v)
		}
		if left := collect(d)["signal.time_to_limit several"]; math.Abs(left-3600) > 10 {
			t.Errorf("%v s until the limit, want an hour", left)
		}
	})
}

// What a signal leaves out of its finding and says otherwise is put in.
func TestFindingOfASignalIsFilledIn(t *testing.T) {
	inBubble(t, DetectorConfig{}, func(t *testing.T, d *Detector) {
		places := &selfJudged{constant("places", 1), []finding.Finding{{State: Leaking, Summary: "It leaks."}}}
		places.culprits = []finding.Culprit{{Name: "main.open", Share: 1}}
		_ = d.Watch(places)
		time.Sleep(time.Minute)
		if f := about(t, d, "places"); len(f.Culprits) != 1 || f.Culprits[0].Name != "main.open" {
			t.Errorf("finding is %+v", f)
		}
	})
}

// What was seen last is not what is: an alert on it would fire for ever.
func TestSignalThatCannotBeReadAnyMoreHasNoFigures(t *testing.T) {
	inBubble(t, DetectorConfig{Resolution: 100 * time.Millisecond}, func(t *testing.T, d *Detector) {
		leak, start, reads := growing("heap", 1<<20), time.Now(), 0
		grow := leak.read
		leak.read = func(ctx context.Context) (Reading, error) {
			reads++
			if time.Since(start) > 100*time.Second || time.Since(start) > 98*time.Second && reads%2 == 0 {
				return Reading{}, errors.New("refused")
			}
			return grow(ctx)
		}
		_ = d.Watch(leak)
		time.Sleep(98 * time.Second)
		for range 10 { // every other read fails
			time.Sleep(110 * time.Millisecond)
			got := collect(d)
			for _, name := range []string{"signal.value heap", "signal.growth heap", "signal.time_to_limit heap"} {
				if _, there := got[name]; !there {
					t.Errorf("%s is missing while it leaks: %v", name, got)
				}
			}
		}
		time.Sleep(10 * time.Second)
		if got := collect(d); len(got) != 1 || got["signal.failures heap"] < 10 {
			t.Errorf("figures of what cannot be read: %v", got)
		}
	})
}

// The limit draws nearer while there is no new point.
func TestTimeToLimitRunsOn(t *testing.T) {
	inBubble(t, DetectorConfig{Resolution: 100 * time.Millisecond}, func(t *testing.T, d *Detector) {
		_ = d.Watch(collected(100, always(1<<30)))
		time.Sleep(101 * time.Second)
		before := collect(d)["signal.time_to_limit heap"]
		time.Sleep(100 * time.Second)
		if after := collect(d)["signal.time_to_limit heap"]; math.Abs(before-after-100) > 5 {
			t.Errorf("%.0f s until the limit, 100 s later %.0f", before, after)
		}
	})
}

func TestLimitThatIsReachedIsNotForetold(t *testing.T) {
	inBubble(t, DetectorConfig{Resolution: 100 * time.Millisecond}, func(t *testing.T, d *Detector) {
		_ = d.Watch(collected(200, always(150<<20)))
		time.Sleep(100 * time.Second)
		f := about(t, d, "heap")
		if all := f.Summary + strings.Join(f.How, " "); !strings.Contains(f.Summary, "The limit of 150 MiB has been reached.") || strings.Contains(all, "in 0s") {
			t.Errorf("it is said: %s %q", f.Summary, f.How)
		}
	})
}

// What is bad at the first look is news, whatever the word for it.
func TestWhatASignalSaysAtTheFirstLookIsNews(t *testing.T) {
	for state, want := range map[State]int{finding.Exploded: 1, finding.Stopped: 1, Leaking: 1, OK: 0, TooEarly: 0} {
		heard := 0
		config := DetectorConfig{OnVerdict: func(_ context.Context, f finding.Finding) {
			if heard++; f.State != state {
				t.Errorf("heard of %v, want %v", f.State, state)
			}
		}}
		inBubble(t, config, func(t *testing.T, d *Detector) {
			_ = d.Watch(&selfJudged{constant("places", 1), []finding.Finding{{Signal: "places", State: state, Summary: "It is so."}}})
			time.Sleep(time.Minute)
		})
		if heard != want {
			t.Errorf("heard %d times of what is %v from the beginning, want %d", heard, state, want)
		}
	}
}

// Where nothing is collected any more the time that was foretold comes and goes.
func TestForecastThatHasPassedIsSaidAsSuch(t *testing.T) {
	inBubble(t, DetectorConfig{Resolution: 100 * time.Millisecond}, func(t *testing.T, d *Detector) {
		_ = d.Watch(collected(60, always(200<<20)))
		time.Sleep(62 * time.Second)
		if f := about(t, d, "heap"); !strings.Contains(f.Summary, "the limit of 200 MiB is reached at") {
			t.Errorf("it is said: %s", f.Summary)
		}
		time.Sleep(10 * time.Minute)
		if f := about(t, d, "heap"); strings.Contains(f.Summary, "is reached") || !strings.Contains(f.Summary, "there has been no new value since 0") {
			t.Errorf("ten minutes later it is said: %s", f.Summary)
		}
	})
}
