package main

import (
	"math"
	"testing"
)

// The distances are those of scikit-learn 1.9's `haversine_distances` times the mean radius.
func TestDistances(t *testing.T) {
	berlin := area{latitude: 52.520008, longitude: 13.404954, radius: 1}
	for _, place := range []struct{ latitude, longitude, distance float64 }{
		{48.137154, 11.576124, 504301.52557993657},
		{40.712776, -74.005974, 6385009.485789925},
		{-33.86882, 151.20929, 16094525.87482197},
		// A tenth of a metre: the difference of the degrees has ten digits.
		{52.520009, 13.404954, 0.11119508067319862},
		{-52.520008, -166.595046, 20015114.442035925},
		{90.0, 0.0, 4167590.717592172},
	} {
		found := berlin.distance(place.latitude, place.longitude)
		if math.Abs(found-place.distance) > 1e-9*place.distance {
			t.Errorf("%v, %v: %v", place.latitude, place.longitude, found)
		}
	}
}

func TestConfigs(t *testing.T) {
	for _, config := range []string{`{}`, `{"latitude": 91, "longitude": 0, "radius": 1}`, `{"latitude": 1, "longitude": 0, "radius": 0}`, `{"latitude": 1, "longitude": 0, "radius": 1, "x": 1}`} {
		if _, err := parseArea(config); err == nil {
			t.Errorf("%s is taken", config)
		}
	}
}

func TestCountsMerge(t *testing.T) {
	served := area{52.5, 13.4, 1000}
	whole, first, second := counts{area: served}, counts{area: served}, counts{area: served}
	rows := [][2]float64{{52.5, 13.4}, {0, 0}, {95, 13}, {48.1, 11.6}, {-52.5, -166.6}}
	for i, row := range rows {
		whole.addRow(row[0], row[1])
		if i < 2 {
			first.addRow(row[0], row[1])
		} else {
			second.addRow(row[0], row[1])
		}
	}
	if err := second.Merge(first.State()); err != nil {
		t.Fatal(err)
	}
	if whole.pairs != 5 || whole.impossible != 1 || whole.nowhere != 1 || whole.served != 1 || whole.places() != 3 {
		t.Error(whole)
	}
	if math.Abs(second.distance-whole.distance) > 1e-6 {
		t.Error(second.distance, whole.distance)
	}
}
