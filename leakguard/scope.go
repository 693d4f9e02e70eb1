package leakguard

import (
	"reflect"
	"strings"
)

// Scope says for which goroutines a check makes the test answer. It is an
// [Option]; without it the check chooses by itself.
type Scope uint8

// The scopes.
const (
	// AutoScope is BubbleScope inside synctest.Test, LabelScope in a test that
	// is parallel or has a parallel ancestor, else ProcessScope.
	AutoScope Scope = iota
	// ProcessScope is all goroutines of the process that were not there when
	// the check began.
	ProcessScope
	// LabelScope is the goroutines that inherited the pprof label which Check
	// gives to the goroutine of the test, and those that descend from it by
	// "created by … in goroutine N".
	LabelScope
	// BubbleScope is the goroutines of the synctest bubble.
	BubbleScope
)

var scopeNames = [...]string{"auto", "process", "labels", "bubble"}

// String returns "auto", "process", "labels" or "bubble".
func (s Scope) String() string {
	if int(s) < len(scopeNames) {
		return scopeNames[s]
	}
	return "unknown"
}

func (s Scope) apply(set *settings) {
	if int(s) >= len(scopeNames) {
		set.problem("the scope %d is unknown: use AutoScope, ProcessScope, LabelScope or BubbleScope", s)
		return
	}
	set.scope = s
}

// parallelism is what is known of a test: whether others run beside it.
type parallelism uint8

const (
	notParallel parallelism = iota
	isParallel
	maybeParallel // it is a test of package testing, of a release that is not known
)

// parallelismOf looks whether a test or one of its ancestors is parallel.
// Package testing does not tell, but reflection may read: testing.common has
// the fields isParallel and parent since Go 1.7. The goroutine of the test
// writes them before it calls Check or returns from Parallel, that of a parent
// before it starts the test, so reading them is no race.
func parallelismOf(t T) (found parallelism) {
	defer func() {
		if recover() != nil { // a nil pointer where an embedded test should be
			found = notParallel
		}
	}()
	common, depth := reflect.ValueOf(t), 0
	for common = dig(common, 0); common.IsValid(); common = dig(common.FieldByName("parent"), 0) {
		if common.FieldByName("isParallel").Bool() {
			return isParallel
		}
		if depth++; depth > maxNesting {
			break
		}
	}
	if depth == 0 && strings.HasPrefix(reflect.TypeOf(t).String(), "*testing.") {
		return maybeParallel
	}
	return notParallel
}

const (
	maxNesting  = 100 // of subtests
	maxWrapping = 5   // of types that embed a test
)

// dig returns the struct that has the field isParallel: v, what it points to,
// or what is embedded in it. It returns the zero Value if there is none.
func dig(v reflect.Value, depth int) reflect.Value {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct || depth > maxWrapping {
		return reflect.Value{}
	}
	if f := v.FieldByName("isParallel"); f.IsValid() && f.Kind() == reflect.Bool {
		return v
	}
	for i := range v.NumField() {
		if v.Type().Field(i).Anonymous {
			if found := dig(v.Field(i), depth+1); found.IsValid() {
				return found
			}
		}
	}
	return reflect.Value{}
}
