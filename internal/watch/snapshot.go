package watch

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// snapshot is how some paths were at one moment: what stands at each, links
// followed. Folders have an entry without a size or time, since those change
// with files that don't count.
type snapshot map[string]fs.FileInfo

// take looks at paths. It gives the folders too in which a change may make the
// next snapshot another one.
func take(paths []string) (snapshot, []string) {
	state := snapshot{}
	folders := map[string]bool{}
	for _, path := range paths {
		folders[nearest(filepath.Dir(path))] = true
		real, err := filepath.EvalSymlinks(path)
		if err != nil {
			continue // not there, or not yet
		}
		if real != path {
			folders[filepath.Dir(real)] = true
		}
		_ = filepath.WalkDir(real, func(name string, entry fs.DirEntry, err error) error {
			return state.add(name, entry, err, name == real, folders)
		})
	}
	out := make([]string, 0, len(folders))
	for folder := range folders {
		out = append(out, folder)
	}
	slices.Sort(out)
	return state, out
}

// add notes one file or folder of a tree. What can't be read counts as absent.
func (s snapshot) add(name string, entry fs.DirEntry, err error, root bool, folders map[string]bool) error {
	switch {
	case err != nil:
		return nil
	case !root && ignored(entry.Name()):
		if entry.IsDir() {
			return fs.SkipDir
		}
		return nil
	}
	info, err := os.Stat(name)
	if err != nil {
		return nil
	}
	if entry.IsDir() {
		folders[name] = true
	}
	s[name] = info
	return nil
}

// ignored reports whether a name is an editor's own.
func ignored(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasSuffix(name, "~")
}

// nearest gives the nearest folder above that is there.
func nearest(folder string) string {
	for {
		info, err := os.Stat(folder)
		if parent := filepath.Dir(folder); (err != nil || !info.IsDir()) && parent != folder {
			folder = parent
			continue
		}
		return folder
	}
}

// equal reports whether nothing changed between two snapshots.
func (s snapshot) equal(other snapshot) bool {
	if len(s) != len(other) {
		return false
	}
	for name, a := range s {
		if b, ok := other[name]; !ok || !same(a, b) {
			return false
		}
	}
	return true
}

func same(a, b fs.FileInfo) bool {
	if a.IsDir() || b.IsDir() {
		return a.IsDir() == b.IsDir()
	}
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime()) && a.Mode() == b.Mode()
}
