package config

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// origin is a file with sources.
type origin struct {
	path  string
	first int // index of the first of its sources; the others follow in the order of the file
}

// originOf gives the file that a source stands in, and as which of its sources
// it does.
func (c *Config) originOf(source int) (path string, number int) {
	for _, o := range slices.Backward(c.origins) {
		if o.first <= source {
			return o.path, source - o.first
		}
	}
	return "", 0 // not reached: the main file begins with the first one
}

// ReplaceURLs writes new addresses of sources, by name, into the files of the
// config, and gives the paths of those that it wrote. Nothing else in them
// changes, comments and order least of all; a file that holds something else than
// when it was read is left alone. All of it is read and checked as a
// config before the first file is replaced, each as a whole; after an error
// that is no mistake in the config, some of them may be. One that may not be
// written gives an [*UnwritableError]. c is as it was.
func (c *Config) ReplaceURLs(urls map[string]string) (written []string, err error) {
	edits := map[string][]urlEdit{}
	for name, url := range urls {
		i, ok := c.byName[name]
		if !ok || c.listed[name] != "" {
			return nil, fmt.Errorf("no source of the config is named %q", name)
		}
		path, number := c.originOf(i)
		edits[path] = append(edits[path], urlEdit{number, url})
	}
	before, after := make(map[string][]byte, len(edits)), make(map[string][]byte, len(edits))
	for path, list := range edits {
		if before[path], err = readFile(path); err != nil {
			return nil, fmt.Errorf("edit %s: %w", path, err)
		}
		if sha256.Sum256(unmarked(before[path])) != c.sums[path] {
			return nil, fmt.Errorf("edit %s: %w", path, errChanged)
		}
		if after[path], err = edited(before[path], list); err != nil {
			return nil, fmt.Errorf("edit %s: %w", path, err)
		}
	}
	if err := c.checkEdited(after, urls); err != nil {
		return nil, err
	}
	for _, path := range slices.Sorted(maps.Keys(after)) {
		if err := replaceFile(path, before[path], after[path]); err != nil {
			return written, err
		}
		written = append(written, path)
	}
	return written, nil
}

// urlEdit is a new address of one of the sources of a file.
type urlEdit struct {
	number int
	url    string
}

// edited gives what a file will hold, which is as it was read.
func edited(data []byte, edits []urlEdit) ([]byte, error) {
	data, marked := bytes.CutPrefix(data, []byte(byteOrderMark))
	doc := &document{data: data}
	slices.SortFunc(edits, func(a, b urlEdit) int { return cmp.Compare(b.number, a.number) })
	for _, edit := range edits { // from the end, so that places before it stay
		at := doc.place(join(join(join("", "source"), strconv.Itoa(edit.number)), "url"))
		if at.raw == "" {
			return nil, errChanged
		}
		data = slices.Concat(data[:at.value], []byte(quoted(edit.url)), data[at.value+len(at.raw):])
	}
	if marked {
		data = append([]byte(byteOrderMark), data...)
	}
	return data, nil
}

// checkEdited reads the config as it will be: the same sources, but for their
// new addresses.
func (c *Config) checkEdited(after map[string][]byte, urls map[string]string) error {
	main, ok := after[c.path]
	if !ok {
		var err error
		if main, err = readFile(c.path); err != nil {
			return err
		}
	}
	next, err := parse(c.name, main, c.env, after)
	if err != nil {
		return err
	}
	if len(next.sources) != len(c.sources) {
		return fmt.Errorf("%s: %w", c.path, errChanged)
	}
	for i := range c.sources {
		want := cmp.Or(urls[c.sources[i].Name], c.sources[i].URL)
		if is := &next.sources[i]; is.Name != c.sources[i].Name || is.URL != want {
			return fmt.Errorf("%s: source %s: %w", c.path, is.Name, errChanged)
		}
	}
	return nil
}
