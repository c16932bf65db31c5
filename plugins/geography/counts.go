package main

import (
	"encoding/binary"
	"errors"
	"math"

	"driftline"
)

// counts is what is known of the rows so far. Rows where a degree is missing are in none of them.
type counts struct {
	area
	// Pairs of degrees, those not on Earth, those at 0°, 0° (a missing place that was written as zeros), those served.
	pairs, impossible, nowhere, served uint64
	// Sum of the distances of the places from the centre, in metres.
	distance float64
}

// places are the pairs that are on Earth, and not at 0°, 0°.
func (c *counts) places() uint64 { return c.pairs - c.impossible - c.nowhere }

func (c *counts) addRow(latitude, longitude float64) {
	c.pairs++
	switch {
	case !isPlace(latitude, longitude):
		c.impossible++
	case latitude == 0 && longitude == 0:
		c.nowhere++
	default:
		distance := c.area.distance(latitude, longitude)
		c.distance += distance
		if distance <= c.radius {
			c.served++
		}
	}
}

func (c *counts) Update(batch driftline.Batch) (unusable uint64, err error) {
	latitude, found := batch.Column("latitude")
	longitude, both := batch.Column("longitude")
	if !found || !both || len(latitude.Float64) != int(batch.Rows) || len(longitude.Float64) != int(batch.Rows) {
		return 0, errors.New("the batch has no Float64 columns `latitude` and `longitude` of its number of rows")
	}
	for row := range latitude.Float64 {
		north, east := latitude.Float64[row], longitude.Float64[row]
		if !latitude.Valid(row) || !longitude.Valid(row) || math.IsNaN(north+east) {
			unusable++
			continue
		}
		c.addRow(north, east)
	}
	return unusable, nil
}

func (c *counts) State() []byte {
	var state []byte
	for _, count := range []uint64{c.pairs, c.impossible, c.nowhere, c.served, math.Float64bits(c.distance)} {
		state = binary.LittleEndian.AppendUint64(state, count)
	}
	return state
}

func (c *counts) Merge(state []byte) error {
	if len(state) != 40 {
		return errors.New("the state is broken")
	}
	number := func(i int) uint64 { return binary.LittleEndian.Uint64(state[8*i:]) }
	c.pairs += number(0)
	c.impossible += number(1)
	c.nowhere += number(2)
	c.served += number(3)
	c.distance += math.Float64frombits(number(4))
	return nil
}

// Without rows, or without places, there is no share of them, so there is no sample.
func (c *counts) Finish() ([]driftline.Sample, error) {
	var samples []driftline.Sample
	give := func(name string, sum float64, of uint64) {
		if of > 0 {
			samples = append(samples, driftline.Sample{Name: name, Value: sum / float64(of)})
		}
	}
	give("impossible_share", float64(c.impossible), c.pairs)
	give("nowhere_share", float64(c.nowhere), c.pairs)
	give("served_share", float64(c.served), c.places())
	give("mean_distance", c.distance, c.places())
	return samples, nil
}
