package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// errChanged tells that a file is not what was read.
var errChanged = errors.New("it has changed since it was read: run the command again")

// UnwritableError says why a config file is one that only its operator can
// change. The file is as it was.
type UnwritableError struct {
	Path   string
	Reason string
	Err    error // underneath; may be nil
}

// Error says what can't be changed and why.
func (e *UnwritableError) Error() string { return e.Path + " can't be changed here: " + e.Reason }

// Unwrap gives the error underneath.
func (e *UnwritableError) Unwrap() error { return e.Err }

// replaceFile puts a config file in the place of what it was when it was read:
//
//  1. A reader sees the old one or the new one, whole, whenever the machine
//     stops.
//  2. A symbolic link stays one; the mode stays, and the owner where that is
//     possible.
//  3. What somebody else wrote meanwhile stays: that is errChanged.
//  4. A file that is read-only, or lies where nothing can be written, is an
//     [*UnwritableError].
func replaceFile(path string, before, after []byte) error {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	info, err := os.Stat(real)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if info.Mode().Perm()&0o200 == 0 { // root could write it all the same, but somebody said not to
		return &UnwritableError{Path: path, Reason: "it is read-only"}
	}
	switch err := swapFile(real, info, before, after); {
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS), errors.Is(err, syscall.EBUSY):
		return &UnwritableError{Path: path, Reason: err.Error(), Err: err}
	case err != nil:
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// swapFile writes the new file beside the old one and renames it over that.
func swapFile(path string, info fs.FileInfo, before, after []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) // fails once it was renamed
	if err := errors.Join(fill(file, info, after), file.Close()); err != nil {
		return err
	}
	now, err := readFile(path)
	if err != nil {
		return err
	}
	if !bytes.Equal(now, before) {
		return errChanged
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// fill writes and syncs a file that is to take the place of another.
func fill(file *os.File, of fs.FileInfo, data []byte) error {
	keepOwner(file, of)
	if err := file.Chmod(of.Mode().Perm()); err != nil {
		return err
	}
	if _, err := file.Write(data); err != nil {
		return err
	}
	return file.Sync()
}
