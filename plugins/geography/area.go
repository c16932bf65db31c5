package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
)

// earthRadius is the mean radius of the Earth in metres (IUGG).
const earthRadius = 6_371_008.8

// area is the circle that a service covers.
type area struct {
	// Of the centre, in degrees.
	latitude, longitude float64
	// In metres.
	radius float64
}

// configSchema is that of the config.
const configSchema = `{
  "type": "object",
  "required": ["latitude", "longitude", "radius"],
  "additionalProperties": false,
  "properties": {
    "latitude": { "type": "number", "minimum": -90, "maximum": 90, "description": "Degrees north of the centre." },
    "longitude": { "type": "number", "minimum": -180, "maximum": 180, "description": "Degrees east of the centre." },
    "radius": { "type": "number", "exclusiveMinimum": 0, "description": "Metres around the centre that are served." }
  }
}`

func parseArea(config string) (area, error) {
	var keys struct{ Latitude, Longitude, Radius *float64 }
	decoder := json.NewDecoder(strings.NewReader(config))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&keys); err != nil {
		return area{}, fmt.Errorf("config: %w", err)
	}
	if keys.Latitude == nil || keys.Longitude == nil || keys.Radius == nil {
		return area{}, errors.New("config: `latitude`, `longitude` and `radius` are all needed")
	}
	if !isPlace(*keys.Latitude, *keys.Longitude) || !(*keys.Radius > 0) {
		return area{}, errors.New("config: latitudes lie in [-90, 90], longitudes in [-180, 180], and `radius` is above 0")
	}
	return area{*keys.Latitude, *keys.Longitude, *keys.Radius}, nil
}

// isPlace tells whether the degrees are on Earth. NaN is not.
func isPlace(latitude, longitude float64) bool {
	return math.Abs(latitude) <= 90 && math.Abs(longitude) <= 180
}

// distance is the great-circle distance from the centre in metres, by the haversine formula (Sinnott 1984), which is good for
// small distances.
func (a area) distance(latitude, longitude float64) float64 {
	const radians = math.Pi / 180
	north, east := (latitude-a.latitude)*radians/2, (longitude-a.longitude)*radians/2
	h := math.Pow(math.Sin(north), 2) + math.Cos(a.latitude*radians)*math.Cos(latitude*radians)*math.Pow(math.Sin(east), 2)
	return 2 * earthRadius * math.Asin(math.Sqrt(math.Min(1, h)))
}
