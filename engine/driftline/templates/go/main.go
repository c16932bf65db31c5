// The mean and the largest value of a column.
package main

import (
	"encoding/binary"
	"errors"
	"math"

	"driftline"
)

// What is known of the rows so far.
type sums struct {
	count    uint64
	sum, max float64
}

func (s *sums) add(other sums) {
	s.count += other.count
	s.sum += other.sum
	s.max = math.Max(s.max, other.max)
}

// Null, NaN and infinite values do not count.
func sumsOf(values []float64, valid []byte) sums {
	s := sums{max: math.Inf(-1)}
	for row, value := range values {
		if (valid != nil && valid[row] == 0) || math.IsNaN(value) || math.IsInf(value, 0) {
			continue
		}
		s.count++
		s.sum += value
		if value > s.max {
			s.max = value
		}
	}
	return s
}

func (s *sums) Update(batch driftline.Batch) (unusable uint64, err error) {
	column, found := batch.Column("value")
	if !found || column.Float64 == nil && batch.Rows > 0 {
		return 0, errors.New("the batch has no column `value` of Float64")
	}
	of := sumsOf(column.Float64, column.Validity)
	s.add(of)
	return uint64(batch.Rows) - of.count, nil
}

func (s *sums) State() []byte {
	state := binary.LittleEndian.AppendUint64(nil, s.count)
	state = binary.LittleEndian.AppendUint64(state, math.Float64bits(s.sum))
	return binary.LittleEndian.AppendUint64(state, math.Float64bits(s.max))
}

func (s *sums) Merge(state []byte) error {
	if len(state) != 24 {
		return errors.New("the state is broken")
	}
	number := func(i int) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(state[i:])) }
	s.add(sums{binary.LittleEndian.Uint64(state), number(8), number(16)})
	return nil
}

// Without a value there is no mean, so there is no sample.
func (s *sums) Finish() ([]driftline.Sample, error) {
	if s.count == 0 {
		return nil, nil
	}
	return []driftline.Sample{{Name: "mean", Value: s.sum / float64(s.count)}, {Name: "max", Value: s.max}}, nil
}

func init() {
	driftline.Metric(driftline.Plugin{
		Info: driftline.Info{
			Name:         "NAME",
			Version:      "0.1.0",
			Summary:      "Mean and largest value of a column.",
			StateVersion: 1,
			ConfigSchema: `{"type": "object", "additionalProperties": false}`,
			Inputs:       []driftline.Input{{Name: "value", Summary: "Numbers.", Accepts: []string{"Float64"}}},
		},
		Describe: func(config string, inputs []driftline.Field) (driftline.Description, error) {
			return driftline.Description{Samples: []driftline.SampleInfo{
				{Name: "mean", Summary: "Mean of the finite values.", Direction: driftline.Neither},
				{Name: "max", Summary: "Largest finite value.", Direction: driftline.Neither},
			}}, nil
		},
		Create: func(config string, inputs []driftline.Field, reference []byte) (driftline.Accumulator, error) {
			return &sums{max: math.Inf(-1)}, nil
		},
	})
}

func main() {}
