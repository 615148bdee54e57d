package export

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"tributary/publisher"
)

// file is a rendition in its place.
type file struct {
	name string // slash-separated, inside the export directory
	path string // the address
	kind publisher.Kind
	load func(context.Context) ([]byte, error)
}

// body gives the bytes.
func (f *file) body(ctx context.Context) ([]byte, error) {
	body, err := f.load(ctx)
	if err != nil {
		return nil, fmt.Errorf("make %s: %w", f.path, err)
	}
	return body, nil
}

// whole is how the bytes of a rendition are loaded.
func whole(r *publisher.Rendition) func(context.Context) ([]byte, error) {
	return func(context.Context) ([]byte, error) { return r.Body, nil }
}

// load is how the bytes of an archive page are.
func (a *Archives) load(path string) func(context.Context) ([]byte, error) {
	return func(ctx context.Context) ([]byte, error) {
		r, err := a.Make(ctx, path)
		if err != nil {
			return nil, err
		}
		if r == nil {
			return nil, errors.New("it is not there any more")
		}
		return r.Body, nil
	}
}

// order is when a kind is written: a page that is there finds its styles,
// files and feeds there too.
var order = map[publisher.Kind]int{
	publisher.KindAsset: 0, publisher.KindFile: 1, publisher.KindArchive: 2, publisher.KindFeed: 3,
	publisher.KindText: 4, publisher.KindFragment: 4, publisher.KindFrame: 5, publisher.KindPage: 5, publisher.KindChooser: 5,
}

// plan gives the files of an export in the order in which they are written.
func plan(renditions map[string]*publisher.Rendition, archives Archives) ([]file, error) {
	files := make([]file, 0, len(renditions)+len(archives.Paths))
	taken := make(map[string]string, len(renditions))
	add := func(f file) (err error) {
		if f.name, err = fileName(f.path, f.kind); err != nil {
			return err
		}
		if other, ok := taken[f.name]; ok {
			return fmt.Errorf("addresses %s and %s would be the same file %s", min(f.path, other), max(f.path, other), f.name)
		}
		taken[f.name] = f.path
		files = append(files, f)
		return nil
	}
	for path, r := range renditions {
		if err := add(file{path: path, kind: r.Kind, load: whole(r)}); err != nil {
			return nil, err
		}
	}
	for _, path := range archives.Paths {
		if err := add(file{path: path, kind: archiveKind(path), load: archives.load(path)}); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(files, func(a, b file) int {
		return cmp.Or(cmp.Compare(order[a.kind], order[b.kind]), cmp.Compare(a.name, b.name))
	})
	return files, nil
}

// archiveKind tells an HTML page of an archive from its feeds, which have an
// extension.
func archiveKind(path string) publisher.Kind {
	if strings.Contains(path[strings.LastIndexByte(path, '/')+1:], ".") {
		return publisher.KindArchive
	}
	return publisher.KindPage
}

// fileName gives the file that a static host looks for when it is asked for
// an address.
func fileName(path string, kind publisher.Kind) (string, error) {
	name, rooted := strings.CutPrefix(path, "/")
	if isPage(kind) && !strings.HasSuffix(name, ".html") {
		name = strings.TrimPrefix(name+"/index.html", "/")
	}
	if !rooted || !safeName(name) {
		return "", fmt.Errorf("address %q cannot be a file in an export", path)
	}
	return name, nil
}

// isPage reports whether addresses of a kind have no extension because they are
// pages.
func isPage(kind publisher.Kind) bool {
	return kind == publisher.KindPage || kind == publisher.KindFrame || kind == publisher.KindChooser
}

// safeName reports whether a name stays inside the export directory on every
// system and is none of our own.
func safeName(name string) bool {
	if strings.ContainsAny(name, "\\\x00\n\r") || !filepath.IsLocal(filepath.FromSlash(name)) {
		return false
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || part == "." || part == ".." || part == manifestName || strings.HasSuffix(part, tempSuffix) {
			return false
		}
	}
	return true
}

// names gives the sorted names of files.
func names(files []file) []string {
	list := make([]string, len(files))
	for i := range files {
		list[i] = files[i].name
	}
	slices.Sort(list)
	return list
}

// union gives the sorted names of both lists.
func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// gone gives the names of former that are not in current. Both are sorted.
func gone(former, current []string) []string {
	var list []string
	for _, name := range former {
		if _, stays := slices.BinarySearch(current, name); !stays {
			list = append(list, name)
		}
	}
	return list
}
