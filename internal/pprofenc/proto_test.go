package pprofenc

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The decoder of the tests walks the wire format with nothing but the numbers
// of profile.proto, written down a second time.

type decoded struct {
	types, periodType              [][2]string
	period, time, duration         uint64
	defaultType                    string
	strings                        []string
	samples                        []decodedSample
	locations, functions, mappings map[uint64]message
	functionNames                  map[uint64]string
	hasFunctions                   map[uint64]bool
	mappingFiles, mappingBuildIDs  map[uint64]string
}

type decodedSample struct {
	locations []uint64
	values    []int64
	bytes     uint64
}

// message maps field numbers to what stands there, in order.
type message map[uint64][]field

type field struct {
	number uint64
	bytes  []byte
}

func parseMessage(b []byte) (message, error) {
	m := message{}
	for len(b) > 0 {
		key, n := binary.Uvarint(b)
		if n <= 0 {
			return nil, errors.New("bad key")
		}
		value, k := binary.Uvarint(b[n:])
		if k <= 0 {
			return nil, errors.New("bad number")
		}
		b = b[n+k:]
		f := field{number: value}
		switch key & 7 {
		case 0:
		case 2:
			if value > uint64(len(b)) {
				return nil, fmt.Errorf("field %d has %d bytes, %d are left", key>>3, value, len(b))
			}
			f.bytes, b = b[:value], b[value:]
		default:
			return nil, fmt.Errorf("field %d has wire type %d", key>>3, key&7)
		}
		m[key>>3] = append(m[key>>3], f)
	}
	return m, nil
}

func (m message) number(field uint64) uint64 {
	if len(m[field]) == 0 {
		return 0
	}
	return m[field][0].number
}

func (m message) packed(field uint64) (all []uint64) {
	for _, f := range m[field] {
		for b := f.bytes; len(b) > 0; {
			value, n := binary.Uvarint(b)
			all, b = append(all, value), b[n:]
		}
	}
	return all
}

// decode fails unless all references resolve.
func decode(compressed []byte) (*decoded, error) {
	unzip, err := gzip.NewReader(bytes.NewReader(compressed))
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(unzip)
	if err != nil {
		return nil, err
	}
	top, err := parseMessage(raw)
	if err != nil {
		return nil, err
	}
	d := &decoder{decoded: decoded{
		locations: map[uint64]message{}, functions: map[uint64]message{}, mappings: map[uint64]message{},
		functionNames: map[uint64]string{}, hasFunctions: map[uint64]bool{},
		mappingFiles: map[uint64]string{}, mappingBuildIDs: map[uint64]string{},
	}}
	for _, f := range top[6] {
		d.strings = append(d.strings, string(f.bytes))
	}
	if len(d.strings) == 0 || d.strings[0] != "" {
		return nil, errors.New("string 0 is not empty")
	}
	d.head(top)
	d.functions = d.table(top[5], "function")
	d.mappings = d.table(top[3], "mapping")
	d.locations = d.table(top[4], "location")
	for id, m := range d.functions {
		d.functionNames[id] = d.text(m.number(2))
		d.text(m.number(3))
		d.text(m.number(4))
	}
	for id, m := range d.mappings {
		d.mappingFiles[id], d.mappingBuildIDs[id] = d.text(m.number(5)), d.text(m.number(6))
		d.hasFunctions[id] = m.number(7) == 1
	}
	for _, m := range d.locations {
		d.location(m)
	}
	for _, f := range top[2] {
		d.sample(f.bytes)
	}
	return &d.decoded, errors.Join(d.errs...)
}

type decoder struct {
	decoded
	errs []error
}

func (d *decoder) fail(format string, args ...any) {
	d.errs = append(d.errs, fmt.Errorf(format, args...))
}

func (d *decoder) message(b []byte) message {
	m, err := parseMessage(b)
	if err != nil {
		d.fail("%w", err)
	}
	return m
}

func (d *decoder) text(index uint64) string {
	if index >= uint64(len(d.strings)) {
		d.fail("there is no string %d", index)
		return ""
	}
	return d.strings[index]
}

func (d *decoder) valueType(b []byte) [2]string {
	m := d.message(b)
	return [2]string{d.text(m.number(1)), d.text(m.number(2))}
}

func (d *decoder) head(top message) {
	for _, f := range top[1] {
		d.types = append(d.types, d.valueType(f.bytes))
	}
	for _, f := range top[11] {
		d.periodType = append(d.periodType, d.valueType(f.bytes))
	}
	d.period, d.time, d.duration = top.number(12), top.number(9), top.number(10)
	d.defaultType = d.text(top.number(14))
}

// table reads messages that have an ID in field 1.
func (d *decoder) table(fields []field, what string) map[uint64]message {
	all := map[uint64]message{}
	for _, f := range fields {
		m := d.message(f.bytes)
		id := m.number(1)
		if id == 0 || all[id] != nil {
			d.fail("%s %d is 0 or there twice", what, id)
		}
		all[id] = m
	}
	return all
}

func (d *decoder) location(m message) {
	if id := m.number(2); id != 0 && d.mappings[id] == nil {
		d.fail("there is no mapping %d", id)
	}
	for _, f := range m[4] {
		if id := d.message(f.bytes).number(1); d.functions[id] == nil {
			d.fail("there is no function %d", id)
		}
	}
}

func (d *decoder) sample(b []byte) {
	m := d.message(b)
	s := decodedSample{locations: m.packed(1)}
	for _, value := range m.packed(2) {
		s.values = append(s.values, int64(value))
	}
	for _, f := range m[3] {
		label := d.message(f.bytes)
		if key := d.text(label.number(1)); key != "bytes" {
			d.fail("a label has the key %q", key)
		}
		s.bytes = label.number(3)
	}
	for _, id := range s.locations {
		if d.locations[id] == nil {
			d.fail("there is no location %d", id)
		}
	}
	if len(s.values) != len(d.types) {
		d.fail("%d values for %d types", len(s.values), len(d.types))
	}
	d.samples = append(d.samples, s)
}
