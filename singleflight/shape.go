package singleflight

import (
	"reflect"
	"unsafe"
)

// shape says how values of a type lie in memory, as far as it matters for
// following them: a pointer, and how many words come after it that are none.
type shape int

const (
	shapeless  shape = -1 // cannot be followed
	onePointer shape = 0
	stringLike shape = 1 // pointer, length
	sliceLike  shape = 2 // pointer, length, capacity
)

// words is what a value consists of besides its pointer.
type words [2]uintptr

// shapeOf returns the shape of V. The layouts of strings and slices are those of
// reflect.StringHeader and reflect.SliceHeader.
func shapeOf[V any]() shape {
	switch t := reflect.TypeFor[V](); t.Kind() {
	case reflect.Pointer:
		return onePointer
	case reflect.String:
		return stringLike
	case reflect.Slice:
		return sliceLike
	}
	return shapeless
}

// rest copies what follows the pointer of the value.
func (s shape) rest(value unsafe.Pointer) (rest words) {
	for i := range int(s) {
		rest[i] = *(*uintptr)(unsafe.Add(value, (1+i)*int(unsafe.Sizeof(uintptr(0)))))
	}
	return rest
}

// restore writes a value that begins at start.
func (s shape) restore(value unsafe.Pointer, start *byte, rest words) {
	*(**byte)(value) = start
	for i := range int(s) {
		*(*uintptr)(unsafe.Add(value, (1+i)*int(unsafe.Sizeof(uintptr(0))))) = rest[i]
	}
}
