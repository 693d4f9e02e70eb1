package browser

import (
	"testing"

	"github.com/govitals/govitals/leakguard"
)

func TestMain(m *testing.M) { leakguard.VerifyTestMain(m) }
