//go:build race

package aggregator_test

// The race detector slows everything down.
const (
	raceEnabled     = true
	hostileSlowness = 5 // by how much times are longer
)
