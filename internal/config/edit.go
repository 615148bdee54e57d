package config

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// errChanged tells that a file is not what was read.
var errChanged = errors.New("it has changed since it was read: run the command again")

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
// that is no mistake in the config, some of them may be. c is as it was.
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
	edited := make(map[string][]byte, len(edits))
	for path, list := range edits {
		if edited[path], err = editFile(path, list); err != nil {
			return nil, fmt.Errorf("edit %s: %w", path, err)
		}
	}
	if err := c.checkEdited(edited, urls); err != nil {
		return nil, err
	}
	for path, data := range edited {
		if err := replaceFile(path, data); err != nil {
			return written, fmt.Errorf("write %s: %w", path, err)
		}
		written = append(written, path)
	}
	slices.Sort(written)
	return written, nil
}

// urlEdit is a new text at a place.
type urlEdit struct {
	urlPlace
	url string
}

// editFile gives what a file will hold.
func editFile(path string, edits []urlEdit) ([]byte, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	data, marked := bytes.CutPrefix(data, []byte(byteOrderMark))
	slices.SortFunc(edits, func(a, b urlEdit) int { return cmp.Compare(b.offset, a.offset) })
	for _, edit := range edits { // from the end, so that places before it stay
		end := edit.offset + len(edit.raw)
		if edit.raw == "" || end > len(data) || string(data[edit.offset:end]) != edit.raw {
			return nil, errChanged
		}
		data = slices.Concat(data[:edit.offset], []byte(basicString(edit.url)), data[end:])
	}
	if marked {
		data = append([]byte(byteOrderMark), data...)
	}
	return data, nil
}

// checkEdited reads the config as it will be: the same sources, but for their
// new addresses.
func (c *Config) checkEdited(edited map[string][]byte, urls map[string]string) error {
	main, ok := edited[c.path]
	if !ok {
		var err error
		if main, err = readFile(c.path); err != nil {
			return err
		}
	}
	next, err := parse(c.name, main, c.env, edited)
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

// basicString writes text as TOML's basic string.
func basicString(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"', r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ', r == 0x7f:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// replaceFile puts a file in the place of another: a reader sees the old one or
// the new one, whole. A link stays a link, and the permissions stay.
func replaceFile(path string, data []byte) (err error) {
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("%w: the folder must be writable for the config to be replaced", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, ignoreMissing(os.Remove(file.Name())))
		}
	}()
	if err := fill(file, data, info.Mode().Perm()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

// fill writes, syncs and closes a file.
func fill(file *os.File, data []byte, mode fs.FileMode) error {
	_, err := io.Copy(file, bytes.NewReader(data))
	return errors.Join(err, file.Chmod(mode), file.Sync(), file.Close())
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
