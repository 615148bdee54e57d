//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package export

import (
	"errors"
	"os"
	"syscall"
)

var errBusy = errors.New("another build is writing to it; wait until it has ended")

// lock takes a directory for this process until unlock or the process's end.
// The lock is on the directory itself, whatever its name is then. Where the
// file system knows no locks there is none.
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
		unlock(f) // it was exchanged meanwhile
	}
}

// unlock gives a lock back, which closing the file doesn't as long as a child
// process that was just forked has it too.
func unlock(f *os.File) {
	_ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN) // where there is no lock there is nothing to give back
	f.Close()
}
