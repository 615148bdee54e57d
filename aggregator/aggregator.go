// Package aggregator pulls what is due and records what it found.
package aggregator
