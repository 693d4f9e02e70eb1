package promguard

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// identity is what a prometheus.Desc knows and keeps to itself.
type identity struct {
	name        string
	variables   []string
	constrained bool   // one of the variables has a constraint
	constants   string // with their values: c="d"
}

// identify reads the identity out of Desc.String, which is the only way to it:
//
//	Desc{fqName: "a", help: "b", constLabels: {c="d"}, variableLabels: {e,c(f)}}
//
// c(f) is a label with a constraint. What comes out is checked by whoever relies
// on it: see wrapped.
func identify(desc *prometheus.Desc) (identity, error) {
	text := desc.String()
	name, rest, ok := cutName(text)
	if !ok {
		return identity{}, fmt.Errorf("promguard: cannot read the description %s", text)
	}
	// Labels come last, and the value of a constant label is quoted, so that the
	// last match is the right one whatever the help says.
	before, after, found := cutLast(strings.TrimSuffix(rest, "}}"), "}, variableLabels: {")
	if !found {
		return identity{}, fmt.Errorf("promguard: cannot read the labels of %s", text)
	}
	_, constants, _ := cutLast(before, ", constLabels: {")
	return identity{
		name: name, variables: variables(after), constrained: strings.Contains(after, "c("),
		constants: constants,
	}, nil
}

// full is the name with the constant labels, by which a registry tells metrics apart.
func (i identity) full() string {
	if i.constants == "" {
		return i.name
	}
	return i.name + "{" + i.constants + "}"
}

// fullNames returns the sorted names of all metrics of a collector.
func fullNames(c prometheus.Collector) []string {
	var names []string
	for _, desc := range describe(c) {
		id, err := identify(desc)
		if err != nil {
			id.name = desc.String()
		}
		names = append(names, id.full())
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// nameOf is the name alone, "" if it cannot be read.
func nameOf(desc *prometheus.Desc) string {
	name, _, _ := cutName(desc.String())
	return name
}

func cutName(text string) (name, rest string, ok bool) {
	rest, ok = strings.CutPrefix(text, "Desc{fqName: ")
	quoted, err := strconv.QuotedPrefix(rest)
	if !ok || err != nil {
		return "", rest, false
	}
	name, err = strconv.Unquote(quoted)
	return name, rest[len(quoted):], err == nil
}

func cutLast(text, separator string) (before, after string, found bool) {
	at := strings.LastIndex(text, separator)
	if at < 0 {
		return text, "", false
	}
	return text[:at], text[at+len(separator):], true
}

func variables(text string) []string {
	if text == "" {
		return nil
	}
	names := strings.Split(text, ",")
	for i, name := range names {
		if inner, constrained := strings.CutPrefix(name, "c("); constrained {
			names[i] = strings.TrimSuffix(inner, ")")
		}
	}
	return names
}
