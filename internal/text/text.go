// Package text writes figures the way a person reads them.
//
//	text.Bytes(13002342) // "12.4 MiB"
//	text.Figure(0.5, "By") // "0.50 B"
//
// # Cost
//
// One allocation per call: for reports, not for hot paths.
//
// # What it cannot see
//
// The reader's language: it writes English with a decimal point.
package text

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

var binaryUnits = [...]string{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}

// Bytes writes a size with three significant digits and a binary unit.
func Bytes(n uint64) string { return bytes(float64(n)) }

func bytes(n float64) string {
	size, unit := n, 0
	for math.Abs(size) >= 999.5 && unit < len(binaryUnits)-1 {
		size, unit = size/1024, unit+1
	}
	return digits(size, unit > 0 || n != math.Trunc(n)) + " " + binaryUnits[unit]
}

// digits writes about three significant digits. What rounds to zero has no sign.
func digits(x float64, fractional bool) string {
	if math.Abs(x) < 0.005 {
		x = 0
	}
	switch size := math.Abs(x); {
	case !fractional || size >= 99.95:
		return strconv.FormatFloat(x, 'f', 0, 64)
	case size >= 9.995:
		return strconv.FormatFloat(x, 'f', 1, 64)
	default:
		return strconv.FormatFloat(x, 'f', 2, 64)
	}
}

// Figure writes a value in a UCUM unit: bytes with a binary unit, seconds as a
// duration, counts of things with thousands separated.
func Figure(value float64, unit string) string {
	switch {
	case math.IsNaN(value):
		return "unknown"
	case unit == "By":
		return bytes(value)
	case unit == "s":
		return Duration(seconds(value))
	case math.Abs(value) < 1<<53 && (value == math.Trunc(value) || math.Abs(value) >= 999.5):
		return thousands(int64(math.Round(value)))
	}
	return digits(value, true)
}

// Number writes a value with three digits, and never with an exponent: "0.25",
// "1.5", "27.4", "1,523". What is below a thousandth is "less than 0.001".
func Number(value float64) string {
	switch size := math.Abs(value); {
	case math.IsNaN(value):
		return "unknown"
	case math.IsInf(value, 0):
		return strconv.FormatFloat(value, 'f', -1, 64)
	case value > 0 && size < 0.001:
		return "less than 0.001"
	case size < 0.001:
		return "0"
	case size >= 999.5:
		return Figure(math.Round(value), "")
	}
	short, _ := strconv.ParseFloat(strconv.FormatFloat(value, 'g', 3, 64), 64) // of what it has just written
	return strconv.FormatFloat(short, 'f', -1, 64)
}

// seconds is the nearest duration: what is longer than 146 years is cut.
func seconds(value float64) time.Duration {
	nanoseconds := value * float64(time.Second)
	return time.Duration(min(max(nanoseconds, -math.MaxInt64), math.MaxInt64/2))
}

// Change writes a value with its sign, as in "+1.5 MiB".
func Change(value float64, unit string) string {
	if value > 0 {
		return "+" + Figure(value, unit)
	}
	return Figure(value, unit)
}

// Count writes how many things there are: "1 reading", "12 readings".
func Count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return thousands(int64(n)) + " " + thing + "s"
}

// Duration writes a duration in its one or two largest units: "1m 20s",
// "3h 5m", "12d 4h", "1.9s", "250ms", "1.25ms".
func Duration(d time.Duration) string {
	switch {
	case d < 0:
		return "-" + Duration(-max(d, -math.MaxInt64)) // the least has no opposite
	case d < 10*time.Millisecond:
		return d.Round(10 * time.Microsecond).String()
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < 10*time.Second:
		return d.Round(100 * time.Millisecond).String()
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return twoUnits(d, time.Minute, "m", time.Second, "s")
	case d < 24*time.Hour:
		return twoUnits(d, time.Hour, "h", time.Minute, "m")
	}
	return twoUnits(d, 24*time.Hour, "d", time.Hour, "h")
}

func twoUnits(d, large time.Duration, largeName string, small time.Duration, smallName string) string {
	if rest := d % large / small; rest > 0 {
		return fmt.Sprintf("%d%s %d%s", d/large, largeName, rest, smallName)
	}
	return fmt.Sprintf("%d%s", d/large, largeName)
}

func thousands(n int64) string {
	written := strconv.FormatInt(n, 10)
	sign := strings.TrimRight(written, "0123456789")
	number := strings.TrimPrefix(written, sign)
	for at := len(number) - 3; at > 0; at -= 3 {
		number = number[:at] + "," + number[at:]
	}
	return sign + number
}
