//go:build !wasip1

package driftline

// Metric does nothing outside of a component, so that the plugin's own functions can be tested natively.
func Metric(Plugin) {}

// Log is silent outside of a component.
func Log(Level, string) {}
