package metric

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxName keeps exported names below the 255 bytes that OpenTelemetry allows.
const maxName = 200

// Validate returns an error that names the first field that is wrong.
func (d Desc) Validate() error {
	switch {
	case !isDottedName(d.Name):
		return d.invalid("Name", d.Name, `use dotted lower-case words, such as "queue.depth", at most 200 bytes`)
	case d.OTelName != "" && !isDottedName(d.OTelName):
		return d.invalid("OTelName", d.OTelName, `use dotted lower-case words, such as "go.memory.used", or leave it empty`)
	case !isUnit(d.Unit):
		return d.invalid("Unit", d.Unit, `use a UCUM code: "By", "s", "1", or "{thing}" for a count of things`)
	case d.Kind > KindHistogram:
		return d.invalid("Kind", d.Kind, "use KindGauge, KindUpDownCounter, KindCounter or KindHistogram")
	case !isText(d.Help):
		return d.invalid("Help", d.Help, "say in one sentence of valid UTF-8 what the figure is")
	case !isText(d.Action):
		return d.invalid("Action", d.Action, "say in one sentence of valid UTF-8 what a person does about it")
	}
	return cmp.Or(d.validateSuffix(), d.validateLabels(), d.validateBounds())
}

// validateSuffix refuses names on which the two translations to Prometheus
// would differ, and names that a histogram's own series would collide with.
func (d Desc) validateSuffix() error {
	words := "_" + strings.ReplaceAll(d.Name, ".", "_") + "_"
	for _, added := range []string{d.unitSuffix(), "total"} {
		if added != "" && strings.Contains(words, "_"+added+"_") {
			return d.invalid("Name", d.Name, fmt.Sprintf("leave out %q: the unit and the kind say it", added))
		}
	}
	for _, reserved := range []string{"_count", "_sum", "_bucket"} {
		if strings.HasSuffix(d.PrometheusName(), reserved) {
			return d.invalid("Name", d.Name, fmt.Sprintf("end it otherwise: Prometheus keeps %q for histograms", reserved))
		}
	}
	return nil
}

func (d Desc) validateLabels() error {
	for i, label := range d.Labels {
		if !isWord(label) || label == "le" || label == "quantile" {
			return d.invalid("Labels", label, "use a lower-case word other than le and quantile")
		}
		if slices.Contains(d.Labels[:i], label) {
			return d.invalid("Labels", label, "name each label once")
		}
	}
	return nil
}

func (d Desc) validateBounds() error {
	if d.Bounds != nil && d.Kind != KindHistogram {
		return d.invalid("Bounds", d.Bounds, "only a KindHistogram has bounds")
	}
	for i, bound := range d.Bounds {
		if !isPowerOfTwo(bound) || i > 0 && bound <= d.Bounds[i-1] {
			return d.invalid("Bounds", bound, "use ascending powers of two, as PowersOfTwo returns")
		}
	}
	return nil
}

func (d Desc) invalid(field string, value any, remedy string) error {
	return fmt.Errorf("metric: Desc %q: %s is %#v: %s", d.Name, field, value, remedy)
}

// Validate returns an error if the sample cannot be exported: an invalid Desc,
// or a value that does not fit it.
func (s Sample) Validate() error {
	return cmp.Or(s.Desc.Validate(), s.ValidateValue())
}

// ValidateValue is Validate for a sample whose Desc is known to be valid. It
// returns an error if the number of label values differs from the labels, a
// counter is below zero, or a histogram is missing, malformed or not asked for.
func (s Sample) ValidateValue() error {
	if len(s.LabelValues) != len(s.Desc.Labels) {
		return fmt.Errorf("metric: %s: %d label values for the labels %q: give one for each",
			s.Desc.Name, len(s.LabelValues), s.Desc.Labels)
	}
	if (s.Histogram != nil) != (s.Desc.Kind == KindHistogram) {
		return fmt.Errorf("metric: %s: Histogram must be set on a KindHistogram and nowhere else", s.Desc.Name)
	}
	if s.Desc.Kind == KindCounter && s.Value < 0 {
		return fmt.Errorf("metric: %s: Value is %v: a counter starts at 0 and only rises", s.Desc.Name, s.Value)
	}
	if s.Histogram != nil {
		return s.Histogram.validate(s.Desc.Name)
	}
	return nil
}

func isText(s string) bool { return s != "" && utf8.ValidString(s) }

func isPowerOfTwo(x float64) bool {
	fraction, _ := math.Frexp(x)
	return fraction == 0.5
}

func isDottedName(s string) bool {
	return len(s) <= maxName && strings.Contains(s, ".") && !slices.ContainsFunc(strings.Split(s, "."), isNotWord)
}

func isNotWord(s string) bool { return !isWord(s) }

// isWord reports whether s is a lower-case letter followed by lower-case
// letters and digits, with single underscores between them.
func isWord(s string) bool {
	last := byte('_')
	for i, c := range []byte(s) {
		letter, digit := 'a' <= c && c <= 'z', '0' <= c && c <= '9'
		if !letter && !(i > 0 && digit) && !(last != '_' && c == '_') {
			return false
		}
		last = c
	}
	return last != '_'
}

func isUnit(ucum string) bool {
	over, under, isRate := strings.Cut(ucum, "/")
	annotated := len(over) > 2 && over[0] == '{' && over[len(over)-1] == '}' && isWord(over[1:len(over)-1])
	return (baseUnits[over] != "" || annotated) && (!isRate || perUnits[under] != "")
}
