package export

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

const (
	// oldSuffix ends the name that a directory has for a moment where two
	// can't be exchanged at once.
	oldSuffix = ".tributary-old"
	// marker is in a tree that was not yet exchanged, and in the one that was
	// put into its place as long as the old one is there: it tells them apart
	// after a crash.
	marker = ".exchange" + tempSuffix
	// maxForeign bounds the files of others that are linked for each export.
	maxForeign = 10_000
	maxLinks   = 40
)

// stagePath is where the new tree of an export directory is made, and where
// the old one is then until it is removed.
func stagePath(target string) string {
	return filepath.Join(filepath.Dir(target), tempName(filepath.Base(target)))
}

func oldPath(target string) string {
	return filepath.Join(filepath.Dir(target), "."+filepath.Base(target)+oldSuffix)
}

// resolve gives the absolute path of a directory, which need not exist, and
// follows it as long as it is a link.
func resolve(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for range maxLinks {
		if parent, err := filepath.EvalSymlinks(filepath.Dir(dir)); err == nil {
			dir = filepath.Join(parent, filepath.Base(dir))
		}
		link, err := os.Readlink(dir)
		if err != nil {
			return dir, nil // no link, or nothing yet
		}
		if !filepath.IsAbs(link) {
			link = filepath.Join(filepath.Dir(dir), link)
		}
		dir = link
	}
	return "", &fs.PathError{Op: "follow", Path: dir, Err: syscall.ELOOP}
}

// undoMove brings a directory back that a crash left under its old name.
func undoMove(target string) error {
	if _, err := os.Lstat(target); !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if _, err := os.Lstat(oldPath(target)); err != nil {
		return nil
	}
	return os.Rename(oldPath(target), target)
}

// tidy ends what a crash left of an exchange: a new tree that never came to its
// place is removed, and so is an old one, but for what others put there late.
func (e *export) tidy() error {
	stage := stagePath(e.target)
	if _, err := os.Lstat(oldPath(e.target)); err == nil {
		if err := os.Rename(oldPath(e.target), stage); err != nil {
			return fmt.Errorf("put away the old tree of %s: %w", e.dir, err)
		}
	}
	if _, err := os.Lstat(stage); err != nil {
		return nil
	}
	if _, err := os.Lstat(filepath.Join(stage, marker)); errors.Is(err, fs.ErrNotExist) {
		if err := e.adopt(stage, false); err != nil {
			return fmt.Errorf("keep what others put into %s: %w", stage, err)
		}
	}
	if err := os.RemoveAll(stage); err != nil {
		return fmt.Errorf("remove what a former export left: %w", err)
	}
	return nil
}

// replaceTree makes the new tree beside the old one and exchanges them. Where
// that isn't possible it reports false, with nothing changed, and notes why.
// former and current are sorted.
func (e *export) replaceTree(ctx context.Context, former, current []string, pending []*file) (done bool, err error) {
	refuse := func(why string) (bool, error) {
		e.report.InPlace = why
		return false, nil
	}
	if why := unmovable(e.target); why != "" {
		return refuse(why)
	}
	s, err := e.newStage()
	if err != nil {
		return refuse("nothing can be made beside it: " + cause(err))
	}
	defer s.close()
	removed, err := s.mirror(former, current, pending)
	if err != nil {
		return refuse(cause(err))
	}
	if err := s.fill(ctx, e, current, pending); err != nil {
		return false, err
	}
	if err := ctx.Err(); err != nil {
		return false, err
	}
	if err := s.swap(e.exchange); err != nil {
		return refuse("it can't be exchanged: " + cause(err))
	}
	e.report.Written, e.report.Removed = len(pending), removed
	if err := s.settle(e); err != nil {
		return true, fmt.Errorf("keep what others put into %s meanwhile: %w; it is in %s", e.dir, err, s.path)
	}
	return true, nil
}

// unmovable says why a directory should stay the same one; "" if it need not.
func unmovable(target string) string {
	if here, err := os.Getwd(); err == nil {
		if here, err = filepath.EvalSymlinks(here); err == nil && inside(here, target) {
			return "it is the current folder or one above it"
		}
	}
	if mounted(target) {
		return "it is a mount point"
	}
	return ""
}

func inside(path, dir string) bool {
	return path == dir || strings.HasPrefix(path, strings.TrimSuffix(dir, string(filepath.Separator))+string(filepath.Separator))
}

// cause gives an error without the paths of its operation, which are those of
// a place that the operator never chose.
func cause(err error) string {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		return pathErr.Err.Error()
	}
	if linkErr, ok := errors.AsType[*os.LinkError](err); ok {
		return linkErr.Err.Error()
	}
	return err.Error()
}
