// geography: whether places are on Earth, and how far from a service's centre.
package main

import "driftline"

func describe(config string, inputs []driftline.Field) (driftline.Description, error) {
	_, err := parseArea(config)
	return driftline.Description{Samples: []driftline.SampleInfo{
		{Name: "impossible_share", Unit: "ratio", Direction: driftline.LowerIsBetter, Summary: "Share of the rows whose degrees are not on Earth."},
		{Name: "nowhere_share", Unit: "ratio", Direction: driftline.LowerIsBetter, Summary: "Share of the rows at 0°, 0°: places that were missing."},
		{Name: "served_share", Unit: "ratio", Direction: driftline.HigherIsBetter, Summary: "Share of the places within the radius of the centre."},
		{Name: "mean_distance", Unit: "meters", Direction: driftline.Neither, Summary: "Mean great-circle distance of the places from the centre."},
	}}, err
}

func create(config string, inputs []driftline.Field, reference []byte) (driftline.Accumulator, error) {
	served, err := parseArea(config)
	return &counts{area: served}, err
}

func init() {
	degrees := func(name string) driftline.Input {
		return driftline.Input{Name: name, Summary: "Degrees, WGS 84.", Accepts: []string{"Float64"}}
	}
	driftline.Metric(driftline.Plugin{
		Info: driftline.Info{
			Name:         "geography",
			Version:      "0.1.0",
			Summary:      "Whether places are on Earth, and how far from a service's centre.",
			StateVersion: 1,
			ConfigSchema: configSchema,
			Inputs:       []driftline.Input{degrees("latitude"), degrees("longitude")},
		},
		Describe: describe,
		Create:   create,
	})
}

func main() {}
