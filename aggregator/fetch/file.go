package fetch

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"tributary/internal/codec"
	"tributary/internal/news"
)

// settled is how long a file must have been left alone before its time and
// size are trusted to tell that it is the same: file systems count time in
// steps, and a second write within one step leaves no trace.
const settled = 2 * time.Second

// fetchFile reads a source that the operator keeps on disk. Its ETag is made of
// time and size. A link is followed, for the operator made it; what is no
// regular file once links are resolved is refused, since reading a pipe or a
// device may never end.
func (f *Fetcher) fetchFile(request Request) (*Response, error) {
	path := filePath(request.Source.URL)
	info, err := os.Stat(path)
	if err != nil {
		return nil, fileError(path, err)
	}
	if !info.Mode().IsRegular() {
		return nil, &Error{Cause: news.CauseFile, Detail: path + " is not a regular file"}
	}
	r := &Response{URL: request.Source.URL, Validators: news.Validators{URL: request.Source.URL}}
	if f.options.Now().Sub(info.ModTime()) >= settled {
		r.Validators.ETag = fmt.Sprintf("%x-%x", info.ModTime().UnixNano(), info.Size())
	}
	if last := request.Validators; r.Validators.ETag != "" && last.ETag == r.Validators.ETag && last.URL == r.URL {
		r.Unchanged, r.Bytes, r.Validators.BodyHash = true, info.Size(), last.BodyHash
		return r, nil
	}
	body, err := readFile(path, info.Size(), f.options.MaxBody)
	if err != nil {
		return nil, fileError(path, err)
	}
	r.take(body, request.Validators.BodyHash)
	return r, nil
}

// filePath is the path of file:PATH or file:///PATH.
func filePath(url string) string {
	path := strings.TrimPrefix(url, "file:")
	if rest, found := strings.CutPrefix(path, "///"); found {
		return "/" + rest
	}
	return path
}

func readFile(path string, size, limit int64) (*buffer, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	reader, err := codec.Decode("", io.Reader(file), limit)
	if err != nil {
		return nil, err
	}
	return readAll(reader, size, limit)
}

// fileError says what to do about a file that can't be read.
func fileError(path string, err error) *Error {
	e := &Error{Cause: news.CauseFile, Err: err}
	switch {
	case errors.Is(err, codec.ErrLimit):
		e.Cause, e.Detail = news.CauseLimit, fmt.Sprintf("%s: %v", path, err)
	case errors.Is(err, fs.ErrNotExist):
		e.Detail = path + " does not exist; create it or remove the source"
	case errors.Is(err, fs.ErrPermission):
		e.Detail = path + " may not be read by this user; change its permissions"
	default:
		e.Detail = oneLine(err.Error())
	}
	return e
}
