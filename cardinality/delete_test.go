package cardinality_test

import (
	"strings"
	"testing"

	"github.com/govitals/govitals/cardinality"
)

// Normalize may use the vec that it is for, also in Delete.
func TestDeleteNormalized(t *testing.T) {
	var v *cardinality.Vec[int]
	v = cardinality.NewVec([]string{"a"}, none, cardinality.Normalize("a", func(s string) string {
		v.Guard().Stats()
		return strings.ToUpper(s)
	}))
	v.With("x")
	if !v.Delete("x") || v.Len() != 0 || v.Delete("x") {
		t.Error("the set is not deleted, or twice")
	}
	if v.Delete() || v.Delete("x", "y") {
		t.Error("a wrong number of values names a set")
	}
}

type retiree struct{ retired *int }

func (r retiree) Retire() { *r.retired++ }

// If there is no successor for the overflow, it is not retired: it is in use.
func TestResetMakePanics(t *testing.T) {
	calls, retired := 0, 0
	v := cardinality.NewVec([]string{"a"}, func([]string) retiree {
		if calls++; calls > 1 {
			panic("no more")
		}
		return retiree{&retired}
	})
	v.Reset()
	v.With("x")
	if n := v.Guard().Stats().Misused; retired != 0 || v.Overflow().retired != &retired || n == 0 {
		t.Errorf("retired %d times, %d misused", retired, n)
	}
}
