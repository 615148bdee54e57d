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
	// InPlace says why files were replaced one by one although the whole tree
	// was to be; empty when nothing kept it from that.
	InPlace string
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
//  2. The new tree is made beside dir and takes its place at once: who looks
//     into dir by its name sees the old tree or the new one, never a mixture.
//     A link is followed, and what it leads to is replaced. Files that stay,
//     and those of others, are hard links there and keep their time.
//  3. Files of a former export that have no address now are not in the new
//     tree, nor directories that this leaves empty.
//  4. A file that is in the way and is not from an export is an error, as is
//     an address that would lie outside dir or on another one's file, and
//     another export into dir that runs at the moment.
//  5. Where dir can't be exchanged it is written as WriteInPlace does, and the
//     report says why: it is a mount point or the current directory, nothing
//     can be made beside it, or it holds what can't be linked.
//
// After an error, which names the file, or a crash, the old tree is there as it
// was or the new one whole; the next export removes what is left beside dir.
// Where a system can't exchange two directories, dir has the name
// ".NAME.tributary-old" for a moment, and the next export brings it back.
func Write(ctx context.Context, dir string, renditions map[string]*publisher.Rendition, archives Archives) (Report, error) {
	return write(ctx, dir, renditions, archives, way{exchange: exchange})
}

// WriteInPlace is Write for a directory that others hold open, as a container
// or a running program may: it stays the same one, and its files are replaced.
//
//  1. A file is written under a temporary name, synced and renamed: who reads
//     it meanwhile sees the old bytes or the new ones.
//  2. What pages need comes before the pages, removals come last.
//  3. The manifest names old and new files before the first of them is
//     written, so an export that was cut off is put in order by the next one.
//     On an error the files written so far stay and are whole.
func WriteInPlace(ctx context.Context, dir string, renditions map[string]*publisher.Rendition, archives Archives) (Report, error) {
	return write(ctx, dir, renditions, archives, way{inPlace: true})
}

// way is how an export comes to its place.
type way struct {
	inPlace  bool
	exchange func(a, b string) error // swaps two directories at once
}

func write(ctx context.Context, dir string, renditions map[string]*publisher.Rendition, archives Archives, way way) (Report, error) {
	files, err := plan(renditions, archives)
	if err != nil {
		return Report{}, err
	}
	e := &export{dir: dir, files: files, way: way}
	if err := e.open(); err != nil {
		return Report{}, err
	}
	defer e.close()
	err = e.run(ctx)
	return e.report, err
}

// export is one run of Write.
type export struct {
	way
	dir    string   // as the caller calls it
	target string   // where it lies, without a link at its end
	lock   *os.File // held as long as the export runs
	root   *os.Root // of target; no file is written or read but through it: no path leads out
	files  []file   // in the order in which they are written
	report Report
}

// open finds, makes and locks the directory, and puts in order what a crash
// left of an exchange.
func (e *export) open() (err error) {
	if e.target, err = resolve(e.dir); err != nil {
		return fmt.Errorf("find export directory: %w", err)
	}
	if err := undoMove(e.target); err != nil {
		return fmt.Errorf("bring back the export directory: %w", err)
	}
	if err := os.MkdirAll(e.target, 0o755); err != nil {
		return fmt.Errorf("create export directory: %w", err)
	}
	if e.lock, err = lock(e.target); err != nil {
		return fmt.Errorf("lock export directory %s: %w", e.dir, err)
	}
	if e.root, err = os.OpenRoot(e.target); err != nil {
		unlock(e.lock)
		return fmt.Errorf("open export directory: %w", err)
	}
	return nil
}

func (e *export) close() {
	e.root.Close()
	unlock(e.lock)
}

func (e *export) run(ctx context.Context) error {
	if err := e.tidy(); err != nil {
		return err
	}
	former, err := e.readManifest()
	if err != nil {
		return err
	}
	current := names(e.files)
	e.sweep(union(former, current))
	pending, err := e.pending(ctx, former)
	if err != nil {
		return err
	}
	if len(pending) == 0 && slices.Equal(former, current) {
		return e.writeManifest(current)
	}
	if !e.inPlace {
		if done, err := e.replaceTree(ctx, former, current, pending); done || err != nil {
			return err
		}
	}
	return e.replaceFiles(ctx, former, current, pending)
}

// replaceFiles writes and removes files one by one. former and current are
// sorted.
func (e *export) replaceFiles(ctx context.Context, former, current []string, pending []*file) error {
	if err := e.writeManifest(union(former, current)); err != nil {
		return err
	}
	for _, f := range pending {
		if err := ctx.Err(); err != nil {
			return err
		}
		body, err := f.body(ctx)
		if err != nil {
			return err
		}
		if err := e.replace(f.name, body); err != nil {
			return err
		}
		e.report.Written++
	}
	for _, name := range gone(former, current) {
		if err := e.remove(name); err != nil {
			return err
		}
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
		body, err := f.body(ctx)
		if err != nil {
			return nil, err
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
