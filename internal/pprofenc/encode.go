package pprofenc

import (
	"bufio"
	"compress/gzip"
	"context"
	"io"
	"strings"
)

const (
	// pieces is the size in which the destination gets the profile.
	pieces = 64 << 10
	// batch is how much is encoded before it is compressed.
	batch = 16 << 10
	// checkEvery is how many samples pass between two looks at the context.
	checkEvery = 64
)

// Write writes p in the format of go tool pprof, compressed. It stops when ctx
// ends. After an error what was written is cut off, and readers notice.
func Write(ctx context.Context, w io.Writer, p Profile) error {
	if err := p.Validate(); err != nil {
		return err
	}
	e, err := newEncoder(w)
	if err != nil {
		return err
	}
	e.header(p)
	n := 0
	for s := range p.samples() {
		if n%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if err := p.check(n, s); err != nil {
			return err
		}
		if e.sample(s, p.HideRuntime); e.err != nil {
			return e.err
		}
		n++
	}
	return e.close(ctx)
}

// encoder writes one profile. Strings, functions and locations are written when
// they are first needed; the order of fields in a message is free.
type encoder struct {
	out *bufio.Writer
	zip *gzip.Writer
	err error

	done    []byte // whole messages, not compressed yet
	message []byte // the one being built
	inner   []byte // a message or numbers inside it
	ids     []uint64

	symbols   symbols
	mappings  mappings
	locations uint64
	functions map[function]uint64
	strings   map[string]uint64
	bytesKey  uint64
}

// function is what makes a function one of its own.
type function struct{ name, file string }

func newEncoder(w io.Writer) (*encoder, error) {
	out := bufio.NewWriterSize(w, pieces)
	zip, err := gzip.NewWriterLevel(out, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	return &encoder{
		out: out, zip: zip,
		symbols: newSymbols(), mappings: readMappings(),
		functions: map[function]uint64{}, strings: map[string]uint64{},
	}, nil
}

// header writes what is known before the samples.
func (e *encoder) header(p Profile) {
	e.text("") // has to be the first string
	e.bytesKey = e.text("bytes")
	for _, t := range p.SampleTypes {
		e.valueType(profileSampleType, t)
	}
	if p.PeriodType != (ValueType{}) {
		e.valueType(profilePeriodType, p.PeriodType)
	}
	e.number(profilePeriod, uint64(p.Period))
	e.number(profileDuration, uint64(p.Duration))
	if !p.Time.IsZero() {
		e.number(profileTime, uint64(p.Time.UnixNano()))
	}
	e.number(profileDefaultSampleType, e.text(p.DefaultSampleType))
}

// close writes the mappings, about which the last sample may have changed
// something, and ends the file.
func (e *encoder) close(ctx context.Context) error {
	for i, m := range e.mappings {
		e.mapping(uint64(i+1), m)
	}
	if e.flush(); e.err != nil {
		return e.err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := e.zip.Close(); err != nil {
		return err
	}
	return e.out.Flush()
}

// number and put write a field of the profile.
func (e *encoder) number(field int, value uint64) { e.done = appendNumber(e.done, field, value) }

func (e *encoder) put(field int, message []byte) {
	e.done = appendBytes(e.done, field, message)
	e.message = message
	if len(e.done) >= batch {
		e.flush()
	}
}

func (e *encoder) flush() {
	if e.err == nil {
		_, e.err = e.zip.Write(e.done)
	}
	e.done = e.done[:0]
}

// text returns the number of a string, which it writes if it is new.
func (e *encoder) text(s string) uint64 {
	id, ok := e.strings[s]
	if !ok {
		id = uint64(len(e.strings))
		e.strings[s] = id
		e.done = appendBytes(e.done, profileString, strings.ToValidUTF8(s, "\uFFFD"))
	}
	return id
}

func (e *encoder) valueType(field int, t ValueType) {
	m := appendNumber(e.message[:0], valueTypeName, e.text(t.Name))
	e.put(field, appendNumber(m, valueTypeUnit, e.text(t.Unit)))
}
