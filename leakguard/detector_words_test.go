package leakguard

import (
	"strings"
	"testing"
)

func TestNobodyIsToMendASignalOfOurs(t *testing.T) {
	t.Parallel()
	if f := unreadable("fds", "permission denied"); strings.Contains(f.Advice, "Mend") {
		t.Errorf("advice is %q", f.Advice)
	}
	if f := unreadable("sessions", "permission denied"); !strings.HasPrefix(f.Advice, "Mend the signal's Read;") {
		t.Errorf("advice is %q", f.Advice)
	}
}
