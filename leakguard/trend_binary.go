package leakguard

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"time"
)

// The stored form is the version, the resolution, the lives and the tiers, all
// of fixed size, and a CRC-32 of all that. Limits and the like are not in it:
// they belong to the process that runs.
const (
	trendMagic = "gvtrend3"
	lifeBytes  = 8 + 8 + 8 + 4 + 8 + lateParts*(8+4) + 1
	worthBytes = 8 + 8 + 1
	tierBytes  = 8 + 8 + bucketCount*16
	savedBytes = len(trendMagic) + 8 + 8 + 8 + maxLives*lifeBytes + worthBytes + tierCount*tierBytes + crc32.Size
)

// MarshalBinary returns what was seen, 7.5 KiB, so that the next process can go on
// from there. The error is always nil.
func (t *Trend) MarshalBinary() ([]byte, error) {
	b := make([]byte, 0, savedBytes)
	b = append(b, trendMagic...)
	b = binary.LittleEndian.AppendUint64(b, uint64(t.config.resolution()))
	b = binary.LittleEndian.AppendUint64(b, uint64(t.lifeN))
	for _, l := range t.lives {
		b = l.append(b)
	}
	b = t.worth.append(b)
	b = binary.LittleEndian.AppendUint64(b, uint64(t.livesHeld))
	for k := range t.tiers {
		b = t.tiers[k].append(b)
	}
	return binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(b)), nil
}

func (l *life) append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, uint64(l.first))
	b = binary.LittleEndian.AppendUint64(b, uint64(l.last))
	b = binary.LittleEndian.AppendUint64(b, uint64(l.at.Unix()))
	b = binary.LittleEndian.AppendUint32(b, uint32(l.at.Nanosecond()))
	b = binary.LittleEndian.AppendUint64(b, math.Float64bits(l.low))
	for i := range l.late.values {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(l.late.values[i]))
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(l.late.loads[i]))
	}
	if l.cold {
		return append(b, 1)
	}
	return append(b, 0)
}

func (w *worth) append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, math.Float64bits(w.perLoad))
	b = binary.LittleEndian.AppendUint64(b, math.Float64bits(w.reach))
	return append(b, byte(w.tier))
}

func (t *tier) append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, uint64(t.newest))
	b = binary.LittleEndian.AppendUint64(b, uint64(t.held))
	for _, bucket := range t.buckets {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(bucket.value))
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(bucket.load))
		b = binary.LittleEndian.AppendUint32(b, bucket.points)
	}
	return b
}

// UnmarshalBinary replaces what t has seen by what MarshalBinary returned,
// perhaps in another process. The next point begins a new life: slopes are
// joined, levels and the time between are not compared. Data that are damaged,
// of another version or of another Resolution are refused and leave t as it
// was. The configuration stays that of t.
func (t *Trend) UnmarshalBinary(data []byte) error {
	r, err := openTrend(data)
	if err != nil {
		return err
	}
	if resolution := time.Duration(r.uint64()); resolution != t.config.resolution() {
		return fmt.Errorf("leakguard: saved trend has Resolution %v, TrendConfig.Resolution is %v: set it to the same, or start without the saved trend",
			resolution, t.config.resolution())
	}
	restored := Trend{config: t.config, fresh: newProcess}
	count := r.uint64()
	for i := range restored.lives {
		restored.lives[i].read(&r)
	}
	restored.worth.read(&r)
	restored.livesHeld = int64(r.uint64())
	for k := range restored.tiers {
		restored.tiers[k].read(&r)
	}
	restored.lifeN = int(min(count, maxLives+1)) // one too many is found by check
	if err := restored.check(); err != nil {
		return fmt.Errorf("leakguard: saved trend is not valid (%w): start without it", err)
	}
	restored.recount()
	*t = restored
	return nil
}

// openTrend checks the frame and returns a reader of what is in it.
func openTrend(data []byte) (trendReader, error) {
	if len(data) != savedBytes || string(data[:len(trendMagic)]) != trendMagic {
		return nil, fmt.Errorf("leakguard: %d bytes are not a saved trend of version %s, which has %d: start without it",
			len(data), trendMagic, savedBytes)
	}
	body := data[:len(data)-crc32.Size]
	if crc32.ChecksumIEEE(body) != binary.LittleEndian.Uint32(data[len(body):]) {
		return nil, errors.New("leakguard: the checksum of a saved trend is wrong: start without it")
	}
	return trendReader(body[len(trendMagic):]), nil
}

// trendReader takes numbers off data of which the length was checked.
type trendReader []byte

func (r *trendReader) uint64() uint64 {
	x := binary.LittleEndian.Uint64(*r)
	*r = (*r)[8:]
	return x
}

func (r *trendReader) uint32() uint32 {
	x := binary.LittleEndian.Uint32(*r)
	*r = (*r)[4:]
	return x
}

func (r *trendReader) byte() byte {
	x := (*r)[0]
	*r = (*r)[1:]
	return x
}

func (l *life) read(r *trendReader) {
	l.first, l.last = int64(r.uint64()), int64(r.uint64())
	seconds := int64(r.uint64())
	l.at = time.Unix(seconds, int64(r.uint32()))
	l.low = math.Float64frombits(r.uint64())
	for i := range l.late.values {
		l.late.values[i] = math.Float64frombits(r.uint64())
		l.late.loads[i] = math.Float32frombits(r.uint32())
	}
	l.cold = r.byte() != 0
}

func (w *worth) read(r *trendReader) {
	w.perLoad, w.reach = math.Float64frombits(r.uint64()), math.Float64frombits(r.uint64())
	w.tier = int8(r.byte())
}

func (t *tier) read(r *trendReader) {
	t.newest, t.held = int64(r.uint64()), int64(r.uint64())
	for i := range t.buckets {
		b := &t.buckets[i]
		b.value = math.Float64frombits(r.uint64())
		b.load = math.Float32frombits(r.uint32())
		b.points = r.uint32()
	}
}

// farthest bounds the numbers of buckets, so that sums of them do not overflow.
const farthest = math.MaxInt64 / 4

// check finds what no Trend can have come to.
func (t *Trend) check() error {
	if t.lifeN > maxLives {
		return fmt.Errorf("more than %d lives", maxLives)
	}
	before, last := int64(-1), int64(0)
	for i, l := range t.lives[:t.lifeN] {
		if l.first <= before || l.last < l.first || l.last > farthest || l.first%(1<<(tierCount-1)) != 0 || !isFigure(l.low) {
			return fmt.Errorf("life %d from %d to %d, low %v", i, l.first, l.last, l.low)
		}
		if err := l.late.check(); err != nil {
			return fmt.Errorf("life %d: %w", i, err)
		}
		before, last = l.last, l.last
	}
	if w := t.worth; !isFigure(w.perLoad) || !isFigure(w.reach) || w.tier < 0 || w.tier >= tierCount {
		return fmt.Errorf("a unit of load is worth %v ± %v", w.perLoad, w.reach)
	}
	if t.livesHeld < 0 || t.livesHeld > last+1 {
		return fmt.Errorf("lives held since %d", t.livesHeld)
	}
	for k := range t.tiers {
		if err := t.tiers[k].check(k, last); err != nil {
			return err
		}
	}
	return nil
}

// check allows values of a life that is too short, of which only the first is below 0.
func (l *lateLife) check() error {
	for i, value := range l.values {
		if known := isFigure(value) || i == 0 && value == -1; !known || l.loads[i] < 0 || l.loads[i] > math.MaxFloat32 {
			return fmt.Errorf("value %v, load %v", value, l.loads[i])
		}
	}
	return nil
}

func (t *tier) check(k int, last int64) error {
	if t.newest != last>>k || t.held < 0 || t.held > last+1 {
		return fmt.Errorf("tier %d ends at %d, held since %d", k, t.newest, t.held)
	}
	for _, b := range t.buckets {
		if !isFigure(b.value) || b.load < 0 || b.load > math.MaxFloat32 {
			return fmt.Errorf("tier %d holds value %v, load %v", k, b.value, b.load)
		}
	}
	return nil
}

// recount takes the number of points from the tier that remembers most of them.
func (t *Trend) recount() {
	for k := range t.tiers {
		points := uint64(0)
		for _, b := range t.tiers[k].buckets {
			points += uint64(b.points)
		}
		t.points = max(t.points, points)
	}
	if t.lifeN > 0 {
		t.at = t.lives[t.lifeN-1].at
	}
}
