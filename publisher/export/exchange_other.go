//go:build !linux

package export

import (
	"errors"
	"os"
)

// exchange is left to a pair of renames.
func exchange(_, _ string) error { return errors.ErrUnsupported }

// syncAll has nothing to do: each file was synced.
func syncAll(*os.File) error { return nil }

func syncOne(f *os.File) error { return f.Sync() }

// mounted is found out by the rename, which then fails.
func mounted(string) bool { return false }

// alike gives a directory the rights of another one.
func alike(from, to string) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	return os.Chmod(to, info.Mode())
}
