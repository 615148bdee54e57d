//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package sqlite

import (
	"os"
	"syscall"
)

// Where SQLite locks a database file (https://www.sqlite.org/fileformat2.html,
// "The Lock-Byte Page"): whoever has it open in WAL mode holds a shared lock on
// these bytes.
const (
	sharedFirst = 0x40000000 + 2
	sharedSize  = 510
)

// inUse reports whether another process has a database file open. It would
// take this process's own locks away, which can't have it open then.
func inUse(path string) bool {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	lock := syscall.Flock_t{Type: syscall.F_WRLCK, Start: sharedFirst, Len: sharedSize}
	if err := syscall.FcntlFlock(f.Fd(), syscall.F_GETLK, &lock); err != nil {
		return false
	}
	return lock.Type != syscall.F_UNLCK
}
