//go:build !race

package parse

// raceEnabled is set when the race detector slows everything down.
const raceEnabled = false
