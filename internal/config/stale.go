package config

import (
	"bytes"
	"crypto/sha256"
)

// noteRead notes what a file held when it was read.
func (c *Config) noteRead(path string, data []byte) {
	if c.sums == nil {
		c.sums = make(map[string][sha256.Size]byte)
	}
	c.sums[path] = sha256.Sum256(unmarked(data))
}

// Stale reports whether a file that was read holds something else by now, or
// can't be read any more. Files that an include pattern has come to match don't
// count.
func (c *Config) Stale() bool {
	for path, sum := range c.sums {
		data, err := readFile(path)
		if err != nil || sha256.Sum256(unmarked(data)) != sum {
			return true
		}
	}
	return false
}

// unmarked cuts a byte order mark off.
func unmarked(data []byte) []byte { return bytes.TrimPrefix(data, []byte(byteOrderMark)) }
