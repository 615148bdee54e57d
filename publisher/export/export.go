// Package export writes renditions into a directory, for any static host: the
// same bytes that the server would give, each address as a file.
//
// The directory may hold other files too. A manifest beside the export says
// which ones are ours; what it does not name is neither replaced nor removed.
package export

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"tributary/publisher"
)

// Report counts what an export did.
type Report struct {
	Written   int // new or different
	Unchanged int // there already with the same bytes, not touched
	Removed   int // written by a former export, addresses that are no more
}

// Archives are addresses whose renditions are too many to be held at once: they
// are made one by one, and once more if they have to be written. The zero value
// has none.
type Archives struct {
	Paths []string
	Make  func(ctx context.Context, path string) (*publisher.Rendition, error)
}

// Write makes dir, which is created if need be, hold the renditions:
//
//  1. "/" is index.html, a page /NAME is NAME/index.html, anything else has
//     the name of its address.
//  2. A file that has the right bytes is left alone, with its time. Any other
//     is written under a temporary name, synced and renamed: a web server that
//     reads the directory meanwhile sees the old bytes or the new ones.
//  3. What pages need comes before the pages, removals come last.
//  4. Files of a former export that have no address now are removed, and
//     directories that this leaves empty.
//  5. A file that is in the way and is not from an export is an error, as is
//     an address that would lie outside dir or on another one's file.
//
// The manifest names old and new files before the first of them is written, so
// an export that was cut off is put in order by the next one. On an error,
// which names the file, the files written so far stay and are whole.
func Write(ctx context.Context, dir string, renditions map[string]*publisher.Rendition, archives Archives) (Report, error) {
	files, err := plan(renditions, archives)
	if err != nil {
		return Report{}, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return Report{}, fmt.Errorf("create export directory: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return Report{}, fmt.Errorf("open export directory: %w", err)
	}
	defer root.Close()
	e := &export{dir: dir, root: root, files: files}
	err = e.run(ctx)
	return e.report, err
}

// export is one run of Write.
type export struct {
	dir    string
	root   *os.Root // nothing is opened but through it: no path leads out of dir
	files  []file   // in the order in which they are written
	report Report
}

func (e *export) run(ctx context.Context) error {
	former, err := e.readManifest()
	if err != nil {
		return err
	}
	current := names(e.files)
	all := union(former, current)
	e.sweep(all)
	pending, err := e.pending(ctx, former)
	if err != nil {
		return err
	}
	if err := e.writeManifest(all); err != nil {
		return err
	}
	for _, f := range pending {
		if err := ctx.Err(); err != nil {
			return err
		}
		body, err := f.load(ctx)
		if err != nil {
			return fmt.Errorf("make %s: %w", f.path, err)
		}
		if err := e.replace(f.name, body); err != nil {
			return err
		}
		e.report.Written++
	}
	if err := e.removeGone(former, current); err != nil {
		return err
	}
	return e.writeManifest(current)
}

// pending gives the files that are not there yet with their bytes. It comes
// before the manifest names them, so that a foreign file in the way is found
// out while the manifest still tells it from ours. former is sorted.
func (e *export) pending(ctx context.Context, former []string) ([]*file, error) {
	var list []*file
	for i := range e.files {
		f := &e.files[i]
		body, err := f.load(ctx)
		if err != nil {
			return nil, fmt.Errorf("make %s: %w", f.path, err)
		}
		same, err := e.same(f.name, body)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, e.wrap("read", f.name, err)
		}
		if err == nil && same {
			e.report.Unchanged++
			continue
		}
		if _, ours := slices.BinarySearch(former, f.name); err == nil && !ours {
			return nil, fmt.Errorf("%s is in the way: no export wrote it; move it away or export to another directory",
				e.full(f.name))
		}
		list = append(list, f)
	}
	return list, nil
}

// removeGone removes the former files that are not current. Both are sorted.
func (e *export) removeGone(former, current []string) error {
	for _, name := range former {
		if _, stays := slices.BinarySearch(current, name); stays {
			continue
		}
		if err := e.remove(name); err != nil {
			return err
		}
	}
	return nil
}

func (e *export) full(name string) string {
	return filepath.Join(e.dir, filepath.FromSlash(name))
}

func (e *export) wrap(verb, name string, err error) error {
	// An error of os.Root has the name inside dir; ours says where dir is.
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		err = pathErr.Err
	} else if linkErr, ok := errors.AsType[*os.LinkError](err); ok {
		err = linkErr.Err
	}
	return fmt.Errorf("%s %s: %w", verb, e.full(name), err)
}
