package pprofenc

import "encoding/binary"

// The numbers of the fields, from profile.proto of github.com/google/pprof.
const (
	profileSampleType        = 1
	profileSample            = 2
	profileMapping           = 3
	profileLocation          = 4
	profileFunction          = 5
	profileString            = 6
	profileTime              = 9
	profileDuration          = 10
	profilePeriodType        = 11
	profilePeriod            = 12
	profileDefaultSampleType = 14

	valueTypeName = 1
	valueTypeUnit = 2

	sampleLocation = 1
	sampleValue    = 2
	sampleLabel    = 3

	labelKey    = 1
	labelNumber = 3

	mappingID           = 1
	mappingStart        = 2
	mappingLimit        = 3
	mappingOffset       = 4
	mappingFile         = 5
	mappingBuildID      = 6
	mappingHasFunctions = 7

	locationID      = 1
	locationMapping = 2
	locationAddress = 3
	locationLine    = 4

	lineFunction = 1
	lineNumber   = 2

	functionID         = 1
	functionName       = 2
	functionSystemName = 3
	functionFile       = 4
)

const (
	wireVarint = 0
	wireBytes  = 2
)

// appendNumber appends a field with a number. 0 is what a reader assumes where
// the field is absent.
func appendNumber(b []byte, field int, value uint64) []byte {
	if value == 0 {
		return b
	}
	b = binary.AppendUvarint(b, uint64(field)<<3|wireVarint)
	return binary.AppendUvarint(b, value)
}

// appendBytes appends a field with a string or a message.
func appendBytes[T string | []byte](b []byte, field int, value T) []byte {
	b = binary.AppendUvarint(b, uint64(field)<<3|wireBytes)
	b = binary.AppendUvarint(b, uint64(len(value)))
	return append(b, value...)
}

// appendPacked appends a repeated field with numbers. scratch is overwritten.
func appendPacked[T uint64 | int64](b, scratch []byte, field int, values []T) (message, spare []byte) {
	if len(values) == 0 {
		return b, scratch
	}
	scratch = scratch[:0]
	for _, value := range values {
		scratch = binary.AppendUvarint(scratch, uint64(value))
	}
	return appendBytes(b, field, scratch), scratch
}
