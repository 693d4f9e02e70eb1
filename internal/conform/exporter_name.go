package conform

import (
	"slices"
	"strings"
)

// PrometheusName translates the name of an OpenTelemetry metric as Prometheus
// does when it receives OTLP. It is written from the specification of
// compatibility, not from package metric, so that the two check each other:
// the name in words, the unit unless it is an annotation in braces, "ratio" for
// a gauge of unit 1, "total" for a counter.
func PrometheusName(otel, unit, kind string) string {
	words := strings.FieldsFunc(otel, func(r rune) bool { return r == '.' || r == '_' })
	main, per, _ := strings.Cut(unit, "/")
	words = appendNew(words, unitWords[main])
	words = appendNew(words, perWords[per])
	switch {
	case unit == "1" && kind == "gauge":
		words = appendNew(words, "ratio")
	case kind == "counter":
		words = appendNew(words, "total")
	}
	return strings.Join(words, "_")
}

var unitWords = map[string]string{
	"d": "days", "h": "hours", "min": "minutes", "s": "seconds", "ms": "milliseconds",
	"By": "bytes", "KiBy": "kibibytes", "MiBy": "mebibytes", "GiBy": "gibibytes",
	"%": "percent", "Hz": "hertz", "Cel": "celsius",
}

var perWords = map[string]string{"s": "per_second", "m": "per_minute", "h": "per_hour", "d": "per_day"}

// appendNew appends a word that the name does not have.
func appendNew(words []string, word string) []string {
	if word == "" || slices.Contains(words, word) {
		return words
	}
	return append(words, word)
}
