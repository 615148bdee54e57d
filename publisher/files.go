package publisher

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"
)

const (
	articlesPath = "/articles/"
	// maxFile is the size up to which a file beside an article is served, and
	// maxFiles that of all of them together, in bytes: they are held in memory.
	maxFile  = 8 << 20
	maxFiles = 64 << 20
)

// fileTypes are the content types of files by extension: our own table, since
// that of the mime package depends on the machine.
var fileTypes = map[string]string{
	".avif": "image/avif", ".gif": "image/gif", ".ico": "image/x-icon", ".jpeg": "image/jpeg", ".jpg": "image/jpeg",
	".png": "image/png", ".svg": "image/svg+xml", ".webp": "image/webp",
	".m4a": "audio/mp4", ".mp3": "audio/mpeg", ".oga": "audio/ogg", ".ogg": "audio/ogg", ".opus": "audio/ogg",
	".mp4": "video/mp4", ".webm": "video/webm", ".vtt": "text/vtt; charset=utf-8",
	".css": "text/css; charset=utf-8", ".csv": "text/csv; charset=utf-8", ".htm": htmlType, ".html": htmlType,
	".js": "text/javascript; charset=utf-8", ".json": "application/json", ".pdf": "application/pdf",
	".txt": textType, ".woff2": "font/woff2", ".xml": "application/xml", ".zip": "application/zip",
}

// fileStamp tells whether a file was written to since it was read.
type fileStamp struct {
	size     int64
	modified time.Time
}

// fileCache is what was read of the files beside the articles.
type fileCache struct {
	checked time.Time
	stamps  map[string]fileStamp // by address
}

// scan makes the addresses of the files beside the articles. What was not
// written to since the last scan is not read again; when the folder can't be
// read, what was there stays. Markdown is an article's source and not served,
// nor is what is hidden or an editor's backup.
func (p *Publisher) scan(former []string) outcome {
	var out outcome
	stamps, total := map[string]fileStamp{}, int64(0)
	add := func(name string, info fs.FileInfo) error {
		address := articlesPath + name
		stamp := fileStamp{info.Size(), info.ModTime()}
		if total += stamp.size; stamp.size > maxFile || total > maxFiles {
			total -= stamp.size
			return fmt.Errorf("%d bytes: a file may have %d, all files beside articles %d", stamp.size, maxFile, maxFiles)
		}
		if before := p.Lookup(address); before != nil && p.files.stamps[address] == stamp {
			stamps[address] = stamp
			out.made = append(out.made, made{address, before, before})
			return nil
		}
		body, err := fs.ReadFile(p.config.Files, name)
		if err != nil {
			return err
		}
		stamps[address] = stamp
		out.made = append(out.made, p.make(Draft{
			Path: address, Kind: KindFile, ContentType: fileType(name), Body: body, LastModified: info.ModTime(),
		}))
		return nil
	}
	if err := p.walkFiles(&out, add); err != nil && !errors.Is(err, fs.ErrNotExist) {
		out = outcome{troubles: []Trouble{{Where: articlesPath, Detail: err.Error()}}}
		for _, path := range former {
			out.made = append(out.made, keep(path))
		}
		stamps = p.files.stamps
	}
	p.files = fileCache{checked: now(), stamps: stamps}
	return out
}

// walkFiles calls add for each file to be served, by name.
func (p *Publisher) walkFiles(out *outcome, add func(name string, info fs.FileInfo) error) error {
	if p.config.Files == nil {
		return nil
	}
	return fs.WalkDir(p.config.Files, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name == ".":
			return nil
		case unserved(entry.Name()):
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case !entry.Type().IsRegular():
			return nil
		}
		info, err := entry.Info()
		if err == nil {
			err = add(name, info)
		}
		if err != nil {
			out.fail(articlesPath+name, err)
		}
		return nil
	})
}

// unserved reports whether a name is none to serve.
func unserved(name string) bool {
	ext := strings.ToLower(path.Ext(name))
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || strings.HasPrefix(name, "#") || strings.HasSuffix(name, "~") ||
		ext == ".md" || ext == ".markdown"
}

// FileType gives the content type of a file beside the articles by its name,
// and whether it is served at all.
func FileType(name string) (contentType string, served bool) {
	for part := range strings.SplitSeq(name, "/") {
		if unserved(part) {
			return "", false
		}
	}
	return fileType(name), true
}

func fileType(name string) string {
	if known, ok := fileTypes[strings.ToLower(path.Ext(name))]; ok {
		return known
	}
	return "application/octet-stream"
}
