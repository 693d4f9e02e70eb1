package singleflight

import "unsafe"

// costOf returns the default of Config.Cost.
func costOf[V any]() func(V) int64 {
	var none V
	switch any(none).(type) {
	case []byte:
		return func(v V) int64 { return int64(len(any(v).([]byte))) }
	case string:
		return func(v V) int64 { return int64(len(any(v).(string))) }
	}
	return func(V) int64 { return int64(unsafe.Sizeof(none)) }
}
