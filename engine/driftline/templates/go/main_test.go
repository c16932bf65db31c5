package main

import (
	"math"
	"testing"
)

func TestSumsMerge(t *testing.T) {
	values, valid := []float64{1.5, math.NaN(), 4, 9}, []byte{1, 1, 1, 0}
	whole, merged := sumsOf(values, valid), sumsOf(values[2:], valid[2:])
	first := sumsOf(values[:2], valid[:2])
	if err := merged.Merge(first.State()); err != nil {
		t.Fatal(err)
	}
	if whole != (sums{2, 5.5, 4}) || merged != whole {
		t.Fatal(whole, merged)
	}
}
