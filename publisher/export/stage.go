package export

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// stage is the new tree of an export, beside the one that is served.
type stage struct {
	target, path string   // the export directory and the stage
	parent       *os.Root // of the directory that holds both
	root         *os.Root // of the stage
	lock         *os.File // of the stage: it is the export directory soon
	linked       []string // files of others
	swapped      bool
}

// newStage makes an empty one with the rights of the export directory.
func (e *export) newStage() (s *stage, err error) {
	s = &stage{target: e.target, path: stagePath(e.target)}
	if err := os.Mkdir(s.path, 0o700); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.close()
			s = nil
		}
	}()
	if s.lock, err = lock(s.path); err != nil {
		return s, err
	}
	if s.parent, err = os.OpenRoot(filepath.Dir(s.path)); err != nil {
		return s, err
	}
	if s.root, err = os.OpenRoot(s.path); err != nil {
		return s, err
	}
	if err = s.root.WriteFile(marker, nil, 0o600); err != nil {
		return s, err
	}
	return s, alike(e.target, s.path)
}

// close removes a stage that was not exchanged.
func (s *stage) close() {
	for _, root := range []*os.Root{s.root, s.parent} {
		if root != nil {
			root.Close()
		}
	}
	if !s.swapped {
		os.RemoveAll(s.path) // what stays is removed by the next export
	}
	if s.lock != nil {
		unlock(s.lock)
	}
}

// mirror links everything that stays from the export directory into the stage.
// It counts the files of former exports that don't.
func (s *stage) mirror(former, current []string, pending []*file) (removed int, err error) {
	left := make(map[string]bool, len(pending)) // whether it is a removal
	for _, f := range pending {
		left[f.name] = false
	}
	for _, name := range gone(former, current) {
		left[name] = true
	}
	err = walk(s.target, func(name string, entry fs.DirEntry) error {
		isGone, leave := left[name]
		switch {
		case entry.IsDir():
			if err := s.root.Mkdir(name, 0o755); err != nil {
				return err
			}
			return alike(filepath.Join(s.target, name), filepath.Join(s.path, name))
		case leave:
			if isGone {
				removed++
			}
			return nil
		}
		if _, ours := slices.BinarySearch(current, name); !ours {
			if s.linked = append(s.linked, name); len(s.linked) > maxForeign {
				return fmt.Errorf("it holds more than %d files of others", maxForeign)
			}
		}
		if err := s.parent.Link(path.Join(filepath.Base(s.target), name), path.Join(filepath.Base(s.path), name)); err != nil {
			return fmt.Errorf("%s can't be linked: %s", name, cause(err))
		}
		return nil
	})
	for name, isGone := range left {
		if isGone && err == nil {
			prune(s.root, name)
		}
	}
	return removed, err
}

// walk calls do for all that lies in a directory but for our own notes, each
// directory before what it holds.
func walk(dir string, do func(name string, entry fs.DirEntry) error) error {
	return filepath.WalkDir(dir, func(full string, entry fs.DirEntry, err error) error {
		if err != nil || full == dir {
			return err
		}
		name := filepath.ToSlash(strings.TrimPrefix(full, dir+string(filepath.Separator)))
		switch {
		case name == manifestName:
			return nil
		case strings.HasSuffix(entry.Name(), tempSuffix) && entry.IsDir():
			return fs.SkipDir
		case strings.HasSuffix(entry.Name(), tempSuffix):
			return nil
		}
		return do(name, entry)
	})
}

// fill writes what is new, and makes sure that it is on the disk.
func (s *stage) fill(ctx context.Context, e *export, current []string, pending []*file) error {
	for _, f := range pending {
		if err := ctx.Err(); err != nil {
			return err
		}
		body, err := f.body(ctx)
		if err != nil {
			return err
		}
		if err := s.write(f.name, body); err != nil {
			return e.wrap("write", f.name, err)
		}
	}
	if err := s.write(manifestName, manifestText(current)); err != nil {
		return e.wrap("write", manifestName, err)
	}
	if err := syncAll(s.lock); err != nil {
		return fmt.Errorf("write %s to the disk: %w", e.dir, err)
	}
	return nil
}

func (s *stage) write(name string, body []byte) error {
	if err := s.root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	f, err := s.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(body)
	if err == nil {
		err = syncOne(f)
	}
	return errors.Join(err, f.Close())
}

// swap puts the stage into the place of the export directory, which takes that
// of the stage: at once, or where that can't be done, one after the other. On
// an error both are where they were.
func (s *stage) swap(exchange func(a, b string) error) error {
	err := exchange(s.path, s.target)
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		err = s.move()
	}
	if err != nil {
		return err
	}
	s.swapped = true
	if dir, err := os.Open(filepath.Dir(s.path)); err == nil {
		_ = dir.Sync() // it is done; this only makes it last sooner
		dir.Close()
	}
	return nil
}

// move is swap in three steps.
func (s *stage) move() error {
	old := oldPath(s.target)
	if err := os.Rename(s.target, old); err != nil {
		return err
	}
	if err := os.Rename(s.path, s.target); err != nil {
		return errors.Join(err, os.Rename(old, s.target))
	}
	_ = os.Rename(old, s.path) // else the next export finds it
	return nil
}

// settle takes over what others did to the old tree while the new one was made,
// and removes the old one.
func (s *stage) settle(e *export) error {
	for _, name := range s.linked {
		if _, err := os.Lstat(filepath.Join(s.path, name)); errors.Is(err, fs.ErrNotExist) {
			s.root.Remove(name)
		}
	}
	if err := e.adopt(s.path, true); err != nil {
		return err
	}
	if os.RemoveAll(s.path) == nil { // else the next export tries again
		s.root.Remove(marker)
	}
	return nil
}

// adopt moves files of others from an old tree into the export directory: those
// that are not there, and those that are other files there. Of two files with
// one name, the one in the old tree is the newer one if that is known for sure,
// else as their times say.
func (e *export) adopt(old string, sure bool) error {
	ours, err := formerNames(old, e.target)
	if err != nil {
		return err
	}
	return walk(old, func(name string, entry fs.DirEntry) error {
		if _, found := slices.BinarySearch(ours, name); found || entry.IsDir() {
			return nil
		}
		from, to := filepath.Join(old, name), filepath.Join(e.target, name)
		was, err := entry.Info()
		if err != nil {
			return err
		}
		is, err := os.Lstat(to)
		if err == nil && (os.SameFile(was, is) || !sure && !was.ModTime().After(is.ModTime())) {
			return nil
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		return os.Rename(from, to)
	})
}

// formerNames gives the sorted names of all files in some directories that
// exports wrote.
func formerNames(dirs ...string) (all []string, err error) {
	for _, dir := range dirs {
		root, err := os.OpenRoot(dir)
		if err != nil {
			return nil, err
		}
		list, err := (&export{dir: dir, root: root}).readManifest()
		root.Close()
		if err != nil {
			return nil, err
		}
		all = union(all, list)
	}
	return all, nil
}
