package leakguard

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// traits are what does not change about a signal. They are asked for once.
type traits struct {
	name  string
	unit  string
	floor float64
	cache float64 // how much may fill up
}

// traitsOf asks the signal. A method that panics is an error, as is a name that
// is not a word.
func traitsOf(signal Signal) (t traits, err error) {
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("a signal of type %T panicked when it was asked for its name, unit, floor or caches: %v", signal, value)
		}
	}()
	t.name = signal.Name()
	if t.name == "" || len(t.name) > 64 || !utf8.ValidString(t.name) || strings.ContainsFunc(t.name, splitsWord) {
		return t, fmt.Errorf("signal name is %.80q: use one word of at most 64 bytes", t.name)
	}
	if measured, ok := signal.(Measured); ok {
		t.unit = measured.Unit()
	}
	t.floor = floorOf(t.unit)
	if floored, ok := signal.(Floored); ok {
		t.floor = floored.Floor()
	}
	if !isFigure(t.floor) {
		return t, fmt.Errorf("signal %q has the floor %v: use 0 for none, or a positive number", t.name, t.floor)
	}
	if filling, ok := signal.(Filling); ok {
		t.cache = filling.ExpectCache()
	}
	if !isFigure(t.cache) {
		return t, fmt.Errorf("signal %q expects a cache of %v: use 0 for none, or a positive number", t.name, t.cache)
	}
	return t, nil
}

// splitsWord reports whether a name with this character is not one word.
func splitsWord(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }

// floorOf is the growth that is not worth a word: a small process would be called
// a leak for the buffers of a few connections.
func floorOf(unit string) float64 {
	switch {
	case unit == "By":
		return 512 << 10
	case strings.HasPrefix(unit, "{"): // a count of things
		return 10
	}
	return 0
}
