package singleflight

import (
	"fmt"
	"time"
)

// Source says where a result came from.
type Source uint8

const (
	// None: there is no result. The caller left or was turned away.
	None Source = iota
	// Loaded: this caller started the load.
	Loaded
	// Shared: this caller joined a load that was already running.
	Shared
	// Reused: the result of an earlier load was handed out again.
	Reused
	// Stale: as Reused, past its time: see [Config.Stale] and
	// [Config.StaleIfError].
	Stale
)

var sourceNames = [...]string{None: "none", Loaded: "loaded", Shared: "shared", Reused: "reused", Stale: "stale"}

// String returns the lower-case name, as used in metric labels.
func (s Source) String() string {
	if int(s) >= len(sourceNames) {
		return fmt.Sprintf("Source(%d)", uint8(s))
	}
	return sourceNames[s]
}

// Result says how a call of [Group.Do] was answered.
type Result struct {
	// Source says where the result came from.
	Source Source
	// Age is the time since the load ended. It is zero unless Reused or Stale.
	Age time.Duration
	// Waited is how long the caller waited for a load. It is zero if a value
	// was there.
	Waited time.Duration
}
