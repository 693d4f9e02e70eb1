package heap

import (
	"encoding/binary"
	"math"
	"runtime"
	"testing"
	"time"
)

// FuzzStepAt replays records that no runtime would write: negative counts, more
// frees than allocations, empty and equal stacks, a clock that goes back.
func FuzzStepAt(f *testing.F) {
	f.Add([]byte{}, uint32(1))
	f.Add(make([]byte, 200), uint32(512<<10))
	extreme := make([]byte, 0, 6*17)
	for i, v := range []int64{math.MaxInt64, math.MinInt64, -1, 1, math.MaxInt64, 0} {
		extreme = append(binary.LittleEndian.AppendUint64(extreme, uint64(v)), byte(i), 1, 2, 3, 4, 5, 6, 7, 8)
	}
	f.Add(extreme, uint32(math.MaxUint32))
	f.Fuzz(func(t *testing.T, data []byte, rate uint32) {
		s := NewSites()
		s.rate = func() int { return int(rate >> 1) }
		number := func() (n int64) {
			var word [8]byte
			data = data[copy(word[:], data):]
			return int64(binary.LittleEndian.Uint64(word[:]))
		}
		small := func() uint8 {
			if len(data) == 0 {
				return 0
			}
			b := data[0]
			data = data[1:]
			return b
		}
		for steps := 0; len(data) > 0 && steps < 40; steps++ {
			at := time.Unix(number()>>(small()%64), 0)
			records := make([]runtime.MemProfileRecord, small()%5)
			for i := range records {
				r := &records[i]
				r.AllocBytes, r.FreeBytes = number(), number()
				r.AllocObjects, r.FreeObjects = number(), number()
				r.Stack0[0], r.Stack0[1] = uintptr(small()%4), uintptr(small())
			}
			s.StepAt(at, records)
			checkGrowth(t, s)
		}
	})
}

// checkGrowth checks what holds whatever was fed.
func checkGrowth(t *testing.T, s *Sites) {
	t.Helper()
	shrank := false
	for _, g := range s.Growth(100) {
		if g.Low > g.Bytes || g.Bytes > g.High || g.Bytes == 0 || g.MeanAge < 0 || g.Samples < 0 || g.Objects < 0 {
			t.Errorf("growth is %#v", g)
		}
		if math.IsNaN(g.PerHour) || math.IsInf(g.PerHour, 0) || g.Share != 0 || g.String() == "" {
			t.Errorf("growth is %#v", g)
		}
		if shrank && g.Bytes > 0 {
			t.Error("a site that grew comes after one that shrank")
		}
		shrank = g.Bytes < 0
	}
	_, _ = s.Untracked()
	if kept := s.Kept(); len(kept) > 8 {
		t.Errorf("%d moments are kept", len(kept))
	}
}
