package leakguard

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"testing"
	"time"
)

// FuzzTrend plays arbitrary steps in time, values and loads.
func FuzzTrend(f *testing.F) {
	f.Add([]byte{0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110}, int64(60e9), uint8(0))
	f.Add([]byte("the quick brown fox jumps over the lazy dog"), int64(math.MaxInt64), uint8(1))
	f.Add([]byte("0123456789012345678901234567890123456789"), int64(-1), uint8(2))
	f.Fuzz(func(t *testing.T, data []byte, step int64, kind uint8) {
		resolutions := []time.Duration{0, time.Millisecond, 100 * time.Millisecond, time.Hour}
		trend := NewTrend(TrendConfig{Resolution: resolutions[kind%4], Limit: float64(kind), ExpectCache: float64(kind / 16)})
		at := day0
		for round := range 8 {
			for _, b := range data[:min(len(data), 200)] {
				at = feed(trend, at, b, step, round)
			}
			checkVerdict(t, trend, at)
		}
		saved, _ := trend.MarshalBinary()
		if err := NewTrend(TrendConfig{Resolution: resolutions[kind%4]}).UnmarshalBinary(saved); err != nil {
			t.Errorf("does not read what it wrote: %v", err)
		}
	})
}

// feed adds a point that depends on a byte.
func feed(trend *Trend, at time.Time, b byte, step int64, round int) time.Time {
	strange := []float64{math.NaN(), math.Inf(1), -1, 0, math.SmallestNonzeroFloat64, 1e290, math.MaxFloat64}
	value, load := 100+float64(b)+float64(round), float64(b)
	switch {
	case b >= 250:
		trend.Regime()
	case b >= 240:
		at = at.Add(time.Duration(step))
	case b >= 230:
		value = strange[int(b)%len(strange)]
	case b >= 220:
		load = strange[int(b)%len(strange)]
	}
	at = at.Add(time.Duration(b%60) * time.Second)
	trend.Add(at, value, load)
	return at
}

func checkVerdict(t *testing.T, trend *Trend, at time.Time) {
	t.Helper()
	v := trend.Verdict()
	switch v.State {
	case TooEarly, OK, Growing, Suspect, Leaking:
	default:
		t.Errorf("state %v", v.State)
	}
	if !(v.Low <= v.PerHour && v.PerHour <= v.High) {
		t.Errorf("%v is not within [%v, %v]", v.PerHour, v.Low, v.High)
	}
	if trend.at.Equal(at) && !v.ReachesLimit.IsZero() && v.ReachesLimit.Before(at) {
		t.Errorf("will reach the limit at %v, now is %v", v.ReachesLimit, at)
	}
	if len(v.Why) == 0 || len(v.Why) > 8 {
		t.Errorf("%d reasons: %q", len(v.Why), v.Why)
	}
}

// FuzzTrendSaved reads arbitrary data, with a right checksum, so that what is
// behind it is read too; whatever is accepted must work.
func FuzzTrendSaved(f *testing.F) {
	trend := NewTrend(TrendConfig{})
	leak(4).play(trend, 0, 20)
	saved, _ := trend.MarshalBinary()
	f.Add(saved, uint16(0), uint64(1))
	f.Add(saved, uint16(24), uint64(math.MaxUint64))
	f.Add([]byte("gvtrend2"), uint16(3), uint64(0))
	f.Fuzz(func(t *testing.T, data []byte, place uint16, number uint64) {
		if body := len(data) - 8 - crc32.Size; body > 0 {
			binary.LittleEndian.PutUint64(data[int(place)%body:], number)
		}
		if body := len(data) - crc32.Size; body > 0 {
			binary.LittleEndian.PutUint32(data[body:], crc32.ChecksumIEEE(data[:body]))
		}
		trend := NewTrend(TrendConfig{})
		if trend.UnmarshalBinary(data) != nil {
			return
		}
		trend.Verdict()
		leak(4).play(trend, 0, 2)
		trend.Verdict()
	})
}
