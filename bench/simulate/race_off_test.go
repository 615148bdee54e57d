//go:build !race

package simulate

// smallDay is how many sources the day of the tests has.
const smallDay = 10_000
