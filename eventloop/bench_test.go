package eventloop

import (
	"testing"
	"time"
)

// BenchmarkTick times what a tick and the look at the counters after it take,
// without the wake-up.
func BenchmarkTick(b *testing.B) {
	p, ticks := onMachine(b, Config{}, &machine{})
	p.witness = newWitness()
	b.Run("tick", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			p.step(ticks)
		}
	})
	b.Run("counters", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			p.witness.Baseline(time.Now(), asDue)
		}
	})
	b.Run("watch", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			p.watch(b.Context())
		}
	})
}
