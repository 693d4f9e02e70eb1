package vitals

import (
	"encoding/json"
	"testing"
	"time"
	"unsafe"
)

// A process that begins before its clock is right has a record all the same.
func TestTheRecordOfAProcessWhoseClockWasSetBack(t *testing.T) {
	v := &Vitals{monitor: watched(t), started: time.Now()}
	now := time.Now()
	(*(*[2]uint64)(unsafe.Pointer(&now)))[0] -= 10 * 365 * 24 * 3600 << 30 // the wall clock alone: ten years
	saved, err := json.Marshal(v.record(now))
	if err != nil {
		t.Fatal(err)
	}
	if r, ok := parseLife(saved); !ok || r.At.Sub(r.Started) > time.Hour {
		t.Errorf("what the next process finds is %s", saved)
	}
}
