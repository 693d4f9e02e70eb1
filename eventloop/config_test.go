package eventloop

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestConfig(t *testing.T) {
	for _, c := range []struct {
		config Config
		names  string // the field that is wrong
	}{
		{Config{}, ""},
		{Config{Period: time.Millisecond, IdlePeriod: time.Minute, StallThreshold: time.Hour, Mode: Timer}, ""},
		{Config{Period: time.Second}, ""},
		{Config{Period: 20 * time.Millisecond, IdlePeriod: 20 * time.Millisecond}, ""},
		{Config{Period: -1}, "Period"},
		{Config{Period: time.Microsecond}, "Period"},
		{Config{Period: math.MaxInt64}, "Period"},
		{Config{IdlePeriod: -1}, "IdlePeriod"},
		{Config{Period: 20 * time.Millisecond, IdlePeriod: 19 * time.Millisecond}, "IdlePeriod"},
		{Config{IdlePeriod: math.MaxInt64}, "IdlePeriod"},
		{Config{StallThreshold: -1}, "StallThreshold"},
		{Config{StallThreshold: math.MaxInt64}, "StallThreshold"},
		{Config{Mode: 17}, "Mode"},
	} {
		_, err := New(c.config)
		if c.names == "" && err != nil || c.names != "" && (err == nil || !strings.Contains(err.Error(), "Config."+c.names+" is ")) {
			t.Errorf("%+v: %v, want one about %q", c.config, err, c.names)
		}
	}
}

func TestIdlePeriodIsAMultiple(t *testing.T) {
	for _, c := range []struct{ config, want Config }{
		{Config{}, Config{Period: 10 * time.Millisecond, IdlePeriod: 100 * time.Millisecond}},
		{Config{Period: 30 * time.Millisecond}, Config{Period: 30 * time.Millisecond, IdlePeriod: 90 * time.Millisecond}},
		{Config{Period: 300 * time.Millisecond}, Config{Period: 300 * time.Millisecond, IdlePeriod: 300 * time.Millisecond}},
		{Config{IdlePeriod: 55 * time.Millisecond}, Config{Period: 10 * time.Millisecond, IdlePeriod: 50 * time.Millisecond}},
	} {
		if got := c.config.withDefaults(); got.Period != c.want.Period || got.IdlePeriod != c.want.IdlePeriod {
			t.Errorf("%v and %v give %v and %v, want %v and %v", c.config.Period, c.config.IdlePeriod,
				got.Period, got.IdlePeriod, c.want.Period, c.want.IdlePeriod)
		}
	}
}

func FuzzConfig(f *testing.F) {
	f.Add(int64(0), int64(0), int64(0), uint8(0))
	f.Add(int64(time.Second), int64(-1), int64(math.MaxInt64), uint8(200))
	f.Fuzz(func(t *testing.T, period, idle, stall int64, mode uint8) {
		config := Config{Period: time.Duration(period), IdlePeriod: time.Duration(idle), StallThreshold: time.Duration(stall), Mode: Mode(mode)}
		if config.Validate() != nil {
			return
		}
		m := &machine{stalls: []span{{time.Second, time.Hour}}}
		p, ticks := onMachine(t, config, m)
		m.run(p, ticks, 2*time.Hour)
		s := p.Snapshot()
		if off := float64(s.Count())*p.config.Period.Seconds()/7200 - 1; math.Abs(off) > 0.05 {
			t.Errorf("%+v: the ticks stand for %d requests in two hours", p.config, s.Count())
		}
	})
}
