package stalltrace

import (
	"bytes"
	"testing"
	"time"
)

// FuzzName feeds damaged traces, which must neither panic nor name nonsense.
func FuzzName(f *testing.F) {
	whole := recorded(f, func() { time.Sleep(time.Millisecond) })
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add(append(bytes.Clone(whole), whole[16:]...))
	for at := 20; at < len(whole); at += len(whole) / 20 {
		broken := bytes.Clone(whole)
		broken[at] ^= 0x55
		f.Add(broken)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		culprits, err := Name(bytes.NewReader(in))
		if err != nil && culprits != nil {
			t.Errorf("culprits %v and the error %v", culprits, err)
		}
		check(t, culprits)
	})
}
