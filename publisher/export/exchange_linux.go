package export

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// exchange swaps two directories at once (renameat2(2)).
func exchange(a, b string) error {
	return unix.Renameat2(unix.AT_FDCWD, a, unix.AT_FDCWD, b, unix.RENAME_EXCHANGE)
}

// syncAll makes everything below an open directory last; syncing thousands of
// files and directories one by one takes a hundred times as long.
func syncAll(dir *os.File) error { return unix.Syncfs(int(dir.Fd())) }

// syncOne leaves a file to syncAll.
func syncOne(*os.File) error { return nil }

// mounted reports whether something is mounted on a directory.
func mounted(dir string) bool {
	var own, parent unix.Stat_t
	return unix.Lstat(dir, &own) == nil && unix.Lstat(filepath.Dir(dir), &parent) == nil && own.Dev != parent.Dev
}

// alike gives a directory the owner, the rights and the extended attributes,
// such as labels and access lists, of another one.
func alike(from, to string) error {
	var want, have unix.Stat_t
	if err := unix.Lstat(from, &want); err != nil {
		return &os.PathError{Op: "stat", Path: from, Err: err}
	}
	if err := unix.Lstat(to, &have); err != nil {
		return &os.PathError{Op: "stat", Path: to, Err: err}
	}
	if want.Uid != have.Uid || want.Gid != have.Gid {
		if err := os.Lchown(to, int(want.Uid), int(want.Gid)); err != nil {
			return err
		}
	}
	if want.Mode != have.Mode || want.Gid != have.Gid { // a change of owner may take rights away
		if err := unix.Chmod(to, want.Mode&0o7777); err != nil {
			return &os.PathError{Op: "chmod", Path: to, Err: err}
		}
	}
	return copyAttributes(from, to)
}

func copyAttributes(from, to string) error {
	names, err := listAttributes(from)
	if errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	for _, name := range names {
		if err == nil {
			err = copyAttribute(from, to, name)
		}
	}
	if err != nil {
		return &os.PathError{Op: "copy attributes", Path: from, Err: err}
	}
	return nil
}

func listAttributes(dir string) (names []string, err error) {
	size, err := unix.Llistxattr(dir, nil)
	if err != nil || size == 0 {
		return nil, err
	}
	list := make([]byte, size)
	if size, err = unix.Llistxattr(dir, list); err != nil {
		return nil, err
	}
	for start, i := 0, 0; i < size; i++ {
		if list[i] == 0 {
			names = append(names, string(list[start:i]))
			start = i + 1
		}
	}
	return names, nil
}

// copyAttribute sets an attribute unless it is the same there already.
func copyAttribute(from, to, name string) error {
	value, err := attribute(from, name)
	if err != nil {
		return err
	}
	if had, err := attribute(to, name); err == nil && bytes.Equal(had, value) {
		return nil
	}
	return unix.Lsetxattr(to, name, value, 0)
}

func attribute(dir, name string) ([]byte, error) {
	size, err := unix.Lgetxattr(dir, name, nil)
	if err != nil {
		return nil, err
	}
	value := make([]byte, size)
	size, err = unix.Lgetxattr(dir, name, value)
	if err != nil {
		return nil, err
	}
	return value[:size], nil
}
