package proc

import (
	"errors"
	"strings"
	"testing"
)

func TestUnbackedAddsUpWhatNoFileBacks(t *testing.T) {
	const status = "Name:\tapp\nVmRSS:\t  9000 kB\nRssAnon:\t    5000 kB\nRssFile:\t    3000 kB\nRssShmem:\t    1000 kB\nVmSwap:\t     200 kB\n"
	if got, err := unbackedBytes(status); got != 6200<<10 || err != nil {
		t.Errorf("%d bytes, %v; want 6200 KiB", got, err)
	}
}

func TestKernelThatDoesNotTellKindsApart(t *testing.T) {
	if _, err := unbackedBytes("VmRSS:\t 9000 kB\nVmSwap:\t 0 kB\n"); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("error is %v, want one that wraps ErrUnsupported", err)
	}
}

func FuzzStatus(f *testing.F) {
	f.Add("RssAnon:\t    5000 kB\nRssShmem:\t 0 kB\n")
	f.Add("RssAnon: 99999999999999999999 kB")
	f.Add("RssAnon:")
	f.Fuzz(func(t *testing.T, status string) {
		bytes, err := unbackedBytes(status)
		if err != nil && (bytes != 0 || !strings.Contains(err.Error(), "status")) {
			t.Errorf("%d bytes and error %v", bytes, err)
		}
	})
}
