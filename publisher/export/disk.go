package export

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"
)

// tempSuffix ends the name of a file that is being written: ".NAME" and it.
const tempSuffix = ".tributary-tmp"

func tempName(name string) string {
	dir, base := path.Split(name)
	return dir + "." + base + tempSuffix
}

// same reports whether a file has the bytes; an error when it can't be read.
func (e *export) same(name string, body []byte) (bool, error) {
	info, err := e.root.Lstat(name)
	if err != nil || !info.Mode().IsRegular() || info.Size() != int64(len(body)) {
		return false, err
	}
	old, err := e.root.ReadFile(name)
	return bytes.Equal(old, body), err
}

// replace gives a file new bytes, all of them or none.
func (e *export) replace(name string, body []byte) error {
	if err := e.root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return e.wrap("create the directory of", name, err)
	}
	temp := tempName(name)
	err := e.writeSynced(temp, body)
	if err == nil {
		err = e.root.Rename(temp, name)
	}
	if err != nil {
		e.root.Remove(temp) // what stays is swept by the next export
		return e.wrap("write", name, err)
	}
	return nil
}

func (e *export) writeSynced(name string, body []byte) error {
	f, err := e.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(body)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// remove takes away a file of a former export and the directories that this
// empties. One that is gone already is no error.
func (e *export) remove(name string) error {
	switch err := e.root.Remove(name); {
	case err == nil:
		e.report.Removed++
	case !errors.Is(err, fs.ErrNotExist):
		return e.wrap("remove", name, err)
	}
	prune(e.root, name)
	return nil
}

// prune removes the directories that a file left empty.
func prune(root *os.Root, name string) {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if root.Remove(dir) != nil {
			return // not empty: others' files, or ours that stay
		}
	}
}

// sweep removes temporary files that an export left when it was killed, in
// the directories of names. What it cannot remove harms nobody.
func (e *export) sweep(names []string) {
	seen := map[string]bool{}
	for _, name := range append(names, manifestName) {
		dir := path.Dir(name)
		if seen[dir] {
			continue
		}
		seen[dir] = true
		entries, err := fs.ReadDir(e.root.FS(), dir)
		if err != nil {
			continue
		}
		for _, entry := range entries {
			if strings.HasPrefix(entry.Name(), ".") && strings.HasSuffix(entry.Name(), tempSuffix) {
				e.root.Remove(path.Join(dir, entry.Name()))
			}
		}
	}
}
