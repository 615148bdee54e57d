package config

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// urlPlace is where the url of a source is written.
type urlPlace struct {
	path   string
	offset int    // in bytes, after a byte order mark
	raw    string // with its quotes
}

func urlPlaceOf(t *table) urlPlace {
	at := t.doc.places[join(t.path, "url")]
	return urlPlace{path: t.doc.path, offset: at.value, raw: at.raw}
}

// ReplaceURLs writes new addresses of sources, by name, into the files of the
// config, and gives the paths of those that it wrote. Nothing else in them
// changes, comments and order least of all. All of it is read and checked as a
// config before the first file is replaced, each as a whole; after an error
// that is no mistake in the config, some of them may be. One that may not be
// written gives an [*UnwritableError]. c is as it was.
func (c *Config) ReplaceURLs(urls map[string]string) (written []string, err error) {
	edits := map[string][]urlEdit{}
	for name, url := range urls {
		i, ok := c.byName[name]
		if !ok {
			return nil, fmt.Errorf("no source is named %q", name)
		}
		at := c.urls[i]
		edits[at.path] = append(edits[at.path], urlEdit{at, url})
	}
	before, after := make(map[string][]byte, len(edits)), make(map[string][]byte, len(edits))
	for path, list := range edits {
		if before[path], err = readFile(path); err != nil {
			return nil, fmt.Errorf("edit %s: %w", path, err)
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

// urlEdit is a new text at a place.
type urlEdit struct {
	urlPlace
	url string
}

// edited gives what a file will hold.
func edited(data []byte, edits []urlEdit) ([]byte, error) {
	data, marked := bytes.CutPrefix(data, []byte(byteOrderMark))
	slices.SortFunc(edits, func(a, b urlEdit) int { return cmp.Compare(b.offset, a.offset) })
	for _, edit := range edits { // from the end, so that places before it stay
		end := edit.offset + len(edit.raw)
		if edit.raw == "" || end > len(data) || string(data[edit.offset:end]) != edit.raw {
			return nil, errChanged
		}
		data = slices.Concat(data[:edit.offset], []byte(quoted(edit.url)), data[end:])
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
