package memprof

import (
	"cmp"
	"errors"
	"fmt"
	"runtime"
)

// DefaultMaxRecords is how many records a Reader takes where it is not told
// otherwise. They are 36 MiB.
const DefaultMaxRecords = 131_072

var (
	// ErrOff says that there is nothing to read.
	ErrOff = errors.New("profiling is off: runtime.MemProfileRate is 0; leave it at its default of 524288, or set it once at the start of main")
	// ErrTooMany says that the profile does not fit. The runtime copies all of
	// its records or none.
	ErrTooMany = errors.New("the heap profile is too large")
)

// Reader reads the heap profile into memory that it reuses. The zero value is
// ready. It is not safe for concurrent use.
type Reader struct {
	// MaxRecords bounds the records that are read, and with them the memory
	// that the Reader holds. Default: DefaultMaxRecords.
	MaxRecords int

	buffer  []runtime.MemProfileRecord // ours
	records []runtime.MemProfileRecord // what the rows point into: buffer, or what was replayed
	table   table
	rate    int
}

// Read reads the profile as of the latest completed garbage collection. It
// never forces one. The runtime's table is read whole or, with an error that
// wraps ErrOff or ErrTooMany, not at all.
func (r *Reader) Read() error {
	// The rate is read once: a change in between must not tear the figures.
	rate := runtime.MemProfileRate
	if rate <= 0 {
		return r.fail(ErrOff)
	}
	n, err := r.fill()
	if err != nil {
		return r.fail(err)
	}
	r.merge(r.buffer[:n], len(r.buffer), rate)
	return nil
}

// Load takes records that were read elsewhere, sampled at a rate in bytes.
// They are not copied: they must stay as they are until the next Read, Load or
// Forget.
func (r *Reader) Load(records []runtime.MemProfileRecord, rate int) error {
	if rate <= 0 {
		return r.fail(ErrOff)
	}
	if len(records) > r.maxRecords() {
		return r.fail(r.tooMany(len(records)))
	}
	r.merge(records, len(records), rate)
	return nil
}

// Forget lets go of records given to Load. The rows stay, their stacks do not.
func (r *Reader) Forget() { r.records = nil }

// fill copies the runtime's records into the buffer, which it enlarges until
// they fit.
func (r *Reader) fill() (int, error) {
	for {
		// Sites that hold nothing are wanted too: they may have held something
		// before, and what they allocate tells the age of what others hold.
		n, ok := runtime.MemProfile(r.buffer, true)
		if ok {
			return n, nil
		}
		if n > r.maxRecords() {
			return 0, r.tooMany(n)
		}
		r.buffer = make([]runtime.MemProfileRecord, min(n+n/8+64, r.maxRecords()))
	}
}

func (r *Reader) merge(records []runtime.MemProfileRecord, room, rate int) {
	r.records, r.rate = records, rate
	r.table.reset(room, rate)
	for i := range records {
		r.table.add(&records[i], int32(i))
	}
}

func (r *Reader) fail(err error) error {
	r.records, r.table.rows = nil, r.table.rows[:0]
	clear(r.table.slots)
	return err
}

func (r *Reader) maxRecords() int { return cmp.Or(r.MaxRecords, DefaultMaxRecords) }

func (r *Reader) tooMany(n int) error {
	return fmt.Errorf("%w: %d records, read are at most %d; a higher runtime.MemProfileRate keeps fewer",
		ErrTooMany, n, r.maxRecords())
}

// Rows returns one row for each stack, in no order. They are valid until the
// next Read or Load.
func (r *Reader) Rows() []Row { return r.table.rows }

// Rate returns the sampling rate of the latest Read or Load.
func (r *Reader) Rate() int { return r.rate }

// Stack returns the return addresses of a row of the latest Read, leaf first,
// and nil where they are gone. They are valid until the next Read or Load.
func (r *Reader) Stack(row *Row) []uintptr {
	if row.record < 0 || int(row.record) >= len(r.records) {
		return nil
	}
	return r.records[row.record].Stack()
}

// row returns the row with a hash, nil if there is none.
func (r *Reader) row(hash uint64) *Row {
	if len(r.table.slots) == 0 {
		return nil
	}
	if i, _ := r.table.find(hash); i >= 0 {
		return &r.table.rows[i]
	}
	return nil
}
