//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package export

import (
	"errors"
	"os"
	"syscall"
)

var errBusy = errors.New("another build is writing to it; wait until it has ended")

// lock takes a directory for this process until the file is closed or the
// process ends. The lock is on the directory itself, whatever its name is
// then. Where the file system knows no locks there is none.
func lock(dir string) (*os.File, error) {
	for {
		f, err := os.Open(dir)
		if err != nil {
			return nil, err
		}
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); errors.Is(err, syscall.EWOULDBLOCK) {
			f.Close()
			return nil, errBusy
		}
		locked, err := f.Stat()
		if err != nil {
			f.Close()
			return nil, err
		}
		if named, err := os.Stat(dir); err == nil && os.SameFile(locked, named) {
			return f, nil
		}
		f.Close() // it was exchanged meanwhile
	}
}
