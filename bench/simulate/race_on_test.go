//go:build race

package simulate

// smallDay is how many sources the day of the tests has; the race detector
// makes it ten times as long.
const smallDay = 1_000
