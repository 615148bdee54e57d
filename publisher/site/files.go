package site

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// maxThemeFile is the size up to which a file of a theme is taken, in bytes.
// All of them are held in memory.
const maxThemeFile = 4 << 20

// files are templates and static files by their path.
type files map[string][]byte

// names gives the paths that begin with prefix, in order.
func (f files) names(prefix string) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(f)), func(name string) bool {
		return !strings.HasPrefix(name, prefix)
	})
}

// overlay lays a theme over the built-in files.
func overlay(theme fs.FS) (files, error) {
	out := files{}
	for _, folder := range []string{"templates", "static"} {
		if err := out.read(builtin, folder); err != nil {
			return nil, err
		}
	}
	if theme == nil {
		return out, nil
	}
	known := slices.Clone(out.names("templates/"))
	for _, folder := range []string{"templates", "static"} {
		if err := out.read(theme, folder); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("theme: %w", err)
		}
	}
	for _, name := range out.names("templates/") {
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("theme: %s replaces nothing; templates are %s", name, strings.Join(known, ", "))
		}
	}
	return out, nil
}

// read adds the files of a folder. Hidden ones are an editor's or a system's.
func (f files) read(from fs.FS, folder string) error {
	return fs.WalkDir(from, folder, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case strings.HasPrefix(entry.Name(), "."):
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case entry.IsDir():
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if info.Size() > maxThemeFile {
			return fmt.Errorf("%s has %d bytes, more than %d", name, info.Size(), maxThemeFile)
		}
		f[name], err = fs.ReadFile(from, name)
		return err
	})
}

// Asset is a static file. Its name holds a hash of its bytes, so it may be kept
// for ever.
type Asset struct {
	Path        string // as in the URL, without the site's sub-path: "/static/style.0123456789.css"
	ContentType string
	Body        []byte
}

// Assets gives the static files that the pages refer to, by path. Their bytes
// are shared: read only.
func (s *Site) Assets() []Asset { return slices.Clone(s.assets) }

// types are the content types of static files by extension: our own table,
// since that of the mime package depends on the machine.
var types = map[string]string{
	".css":   "text/css; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".svg":   "image/svg+xml",
	".png":   "image/png",
	".jpg":   "image/jpeg",
	".jpeg":  "image/jpeg",
	".gif":   "image/gif",
	".webp":  "image/webp",
	".avif":  "image/avif",
	".ico":   "image/x-icon",
	".woff2": "font/woff2",
	".txt":   "text/plain; charset=utf-8",
}

func newAsset(name string, body []byte) Asset {
	sum := sha256.Sum256(body)
	ext := path.Ext(name)
	contentType := types[strings.ToLower(ext)]
	if contentType == "" {
		contentType = "application/octet-stream"
	}
	hashed := strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:5]) + ext
	return Asset{Path: "/static/" + hashed, ContentType: contentType, Body: body}
}
