//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package sqlite

// inUse can't be told here. Where files can't be renamed while they are open,
// that tells.
func inUse(string) bool { return false }
