package article

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"unicode/utf8"
)

// folder is what lies in the articles folder.
type folder struct {
	sources  []source // by path
	broken   []string // likely slugs of Markdown files that can't be taken
	files    []File   // by path
	problems []Problem
}

// source is the text of one Markdown file: valid UTF-8, without a byte order
// mark, lines ended by \n alone.
type source struct {
	path string
	text string
}

// readFolder reads everything below root, which is dir: an os.Root, so that neither a
// symbolic link nor a race leads out of it.
func readFolder(root *os.Root, dir string) (*folder, error) {
	f := &folder{}
	entries := 0
	err := fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if entries++; entries > maxEntries {
			return fmt.Errorf("articles folder %s holds more than %d files: move some of them away", dir, maxEntries)
		}
		switch {
		case name == "." && err != nil:
			return fmt.Errorf("articles folder: %w", err)
		case err != nil:
			f.leaveOut(source{path: name}, "can't be read: %v", err)
		case name == ".":
		case strings.HasPrefix(path.Base(name), ".") || strings.HasPrefix(path.Base(name), "_"):
			if entry.IsDir() {
				return fs.SkipDir
			}
		case !entry.IsDir():
			f.take(root, name)
		}
		return nil
	})
	return f, err
}

// leaveOut reports a file that is not taken. An article's slug is noted, from
// what was read of its text if anything: the file is there, and what it said
// when it was last read counts until it can be read again.
func (f *folder) leaveOut(src source, format string, args ...any) {
	f.problems = append(f.problems, Problem{File: src.path, Message: fmt.Sprintf(format, args...), LeftOut: true})
	if isMarkdown(src.path) {
		f.broken = append(f.broken, guessSlug(src))
	}
}

// take adds one file. Only what is a regular file in the end is opened: a
// named pipe would block for ever.
func (f *folder) take(root *os.Root, name string) {
	info, err := root.Stat(name)
	switch {
	case err != nil:
		f.leaveOut(source{path: name}, "is a link that leads nowhere or out of the folder: put the file itself here")
	case info.IsDir():
		f.leaveOut(source{path: name}, "is a link to a folder, which is not followed: put the files themselves here")
	case !info.Mode().IsRegular():
		f.leaveOut(source{path: name}, "is no regular file")
	case isMarkdown(name):
		f.takeSource(root, name)
	case info.Size() > maxFile:
		f.leaveOut(source{path: name}, "has %d bytes, more than the %d that are served: make it smaller or serve it elsewhere", info.Size(), maxFile)
	default:
		f.files = append(f.files, File{Path: name, Size: info.Size(), Modified: info.ModTime().UTC()})
	}
}

// takeSource reads a Markdown file.
func (f *folder) takeSource(root *os.Root, name string) {
	text, err := readSource(root, name)
	if err != nil {
		f.leaveOut(source{path: name, text: text}, "%v", err)
		return
	}
	f.sources = append(f.sources, source{path: name, text: text})
}

// readSource reads a Markdown file of at most maxSource bytes. With an error it
// gives what it read, as it is.
func readSource(root *os.Root, name string) (string, error) {
	file, err := root.Open(name)
	if err != nil {
		return "", err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxSource+1))
	switch {
	case err != nil:
		return string(data), err
	case len(data) > maxSource:
		return string(data), fmt.Errorf("is larger than %d bytes: split it", maxSource)
	case !utf8.Valid(data):
		return string(data), errors.New("is not UTF-8: save it as UTF-8")
	}
	text := strings.TrimPrefix(string(data), "\ufeff")
	return strings.ReplaceAll(text, "\r\n", "\n"), nil
}

// isMarkdown reports whether a file is an article by its name.
func isMarkdown(name string) bool {
	return slices.Contains([]string{".md", ".markdown"}, strings.ToLower(path.Ext(name)))
}
