package main

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"
)

// wholeFiles looks whether every file of a build is whole. After a kill there
// may be temporary files, which no web server shows: their names begin with a
// dot.
func wholeFiles(t *testing.T, s *testSite, killed bool) {
	t.Helper()
	root := os.DirFS(s.dir)
	err := fs.WalkDir(root, "public", func(name string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && killed {
			return fs.SkipAll // no build came that far yet
		}
		if err != nil || entry.IsDir() {
			return err
		}
		if strings.HasPrefix(entry.Name(), ".") {
			if !killed && entry.Name() != ".tributary-export" {
				t.Errorf("%s is left over", name)
			}
			return nil
		}
		data, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		if err := wholeFile(name, string(data)); err != nil {
			t.Errorf("%s with %d bytes is torn: %v", name, len(data), err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func wholeFile(name, body string) error {
	switch path.Ext(name) {
	case ".rss", ".atom", ".xml", ".svg":
		return wholeXML(body)
	case ".json":
		return json.Unmarshal([]byte(body), new(any))
	case ".html":
		end := "</html>"
		if path.Base(name) == "fragment.html" { // a list for the pages of others
			end = "</ol>"
		}
		if !strings.HasSuffix(strings.TrimSpace(body), end) {
			return errors.New("it does not end with " + end)
		}
	}
	if body == "" {
		return errors.New("it is empty")
	}
	return nil
}

func wholeXML(body string) error {
	decoder := xml.NewDecoder(strings.NewReader(body))
	for {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			if body == "" {
				return err
			}
			return nil
		} else if err != nil {
			return err
		}
	}
}
