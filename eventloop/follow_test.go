package eventloop

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestFollowersAreToldTheLastSecond(t *testing.T) {
	m := &machine{stalls: randomStalls(rand.New(rand.NewPCG(1, 2)), minute, 20*ms, 60*ms)}
	p, ticks := onMachine(t, Config{IdlePeriod: 10 * ms}, m)
	told := 0
	var median, most, last time.Duration
	for q, to := range map[float64]*time.Duration{0.5: &median, 1: &most} {
		if err := p.follow(time.Second, q, func(n news) bool { told++; *to, last = n.lag, n.at; return false }); err != nil {
			t.Fatal(err)
		}
	}
	m.run(p, ticks, 1500*ms)
	for at := 2 * time.Second; at < minute; at += 500 * ms {
		before := told
		m.run(p, ticks, at)
		if n := told - before; n < 4 || n > 110 {
			t.Fatalf("told %d times in half a second, want twice after each tick or stall", n)
		}
		var want []time.Duration
		for due := last - time.Second; due < last; due += 10 * ms {
			want = append(want, m.delay(due.Truncate(10*ms)))
		}
		slices.Sort(want)
		if got := want[len(want)/2]; math.Abs(float64(got-median)) > float64(10*ms) {
			t.Errorf("the median of the second before %v is %v, told was %v", last, got, median)
		}
		if got := slices.Max(want); math.Abs(float64(got-most)) > float64(10*ms) {
			t.Errorf("the longest of the second before %v is %v, told was %v", last, got, most)
		}
	}
}

func TestIdleTicksWeighMore(t *testing.T) {
	quiet, busy := pastTick{lag: 0, weight: 10}, pastTick{lag: 30 * ms, weight: 1}
	if got := quantileOf([]pastTick{quiet, busy, busy}, 0.8); got != 0 {
		t.Errorf("80th percentile is %v, want 0: the idle tick stands for ten", got)
	}
	if got := quantileOf([]pastTick{quiet, busy, busy}, 0.9); got != 30*ms {
		t.Errorf("90th percentile is %v, want 30ms", got)
	}
	if got := quantileOf(nil, 0.5); got != 0 {
		t.Errorf("the median of nothing is %v", got)
	}
}

func TestALongStallFillsTheWindowAndNoMore(t *testing.T) {
	m := &machine{stalls: []span{{time.Second, time.Hour}}}
	p, ticks := onMachine(t, Config{Period: ms}, m)
	var most time.Duration
	if err := p.follow(time.Second, 1, func(n news) bool { most = n.lag; return false }); err != nil {
		t.Fatal(err)
	}
	m.run(p, ticks, time.Hour)
	if most > followTicks*ms || most < (followTicks-2)*ms {
		t.Errorf("told is %v, want the %d latest ticks", most, followTicks)
	}
	if got := p.Snapshot().Max; got < time.Hour-2*time.Second {
		t.Errorf("the longest is %v, want nearly an hour", got)
	}
}

func TestFollowersAreBounded(t *testing.T) {
	p := newProbe(t, Config{})
	for i := range maxFollowers + 1 {
		err := p.follow(time.Second, 0.9, func(news) bool { return false })
		if (err != nil) != (i == maxFollowers) || err != nil && !strings.Contains(err.Error(), "64") {
			t.Errorf("follower %d: %v", i, err)
		}
	}
}
