package otelguard

import (
	"math"
	"testing"
)

func TestTheLimitOfTheSDKInWords(t *testing.T) {
	o := &overflow{sets: 2000, label: "user", share: math.NaN()}
	want := "requests{user} exploded: the OpenTelemetry SDK has reached its own limit at 2,000 attribute sets, and merges all further ones into one without attributes."
	if got := o.finding("requests").Summary; got != want {
		t.Errorf("said %q,\nwant %q", got, want)
	}
}
