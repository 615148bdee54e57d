// Package opml reads subscription lists as other feed readers write them
// (OPML 2.0 and its elders). Start at [Read].
package opml

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/net/html/charset"
)

// Limits of a list, far beyond any that a person keeps.
const (
	maxBytes         = 8 << 20
	maxSubscriptions = 20_000
	maxDepth         = 64
)

// Errors of a list.
var (
	ErrNoOPML = errors.New("this is no OPML document")
	ErrLimit  = errors.New("the list is larger than is read")
)

// Subscription is a feed in a list. Its texts are as they stand there.
type Subscription struct {
	Title string   // may be empty
	URL   string   // never empty; nothing else is certain of it
	Site  string   // may be empty
	Tags  []string // the folders that it lies in, outermost first, then its categories
}

// Read gives the feeds of a list in its order. Folders, links and notes are no
// feeds. What follows a piece that can't be read is lost; with nothing before
// it, the error says what is wrong.
func Read(r io.Reader) ([]Subscription, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read OPML: %w", err)
	}
	if len(data) > maxBytes {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrLimit, maxBytes)
	}
	l := list{decoder: xml.NewDecoder(bytes.NewReader(data))}
	l.decoder.Strict = false
	l.decoder.Entity = xml.HTMLEntity
	l.decoder.CharsetReader = charset.NewReaderLabel
	if err := l.read(); err != nil {
		return nil, err
	}
	return l.found, nil
}

// list is one run of Read.
type list struct {
	decoder *xml.Decoder
	inside  bool     // of the opml element
	folders []string // titles of the outlines that are open, empty for those that are no folder
	found   []Subscription
}

func (l *list) read() error {
	for {
		token, err := l.decoder.Token()
		switch {
		case err == io.EOF && !l.inside:
			return ErrNoOPML
		case err == io.EOF, err != nil && len(l.found) > 0:
			return nil
		case err != nil:
			return fmt.Errorf("%w: %w", ErrNoOPML, err)
		}
		switch element := token.(type) {
		case xml.StartElement:
			if err := l.start(&element); err != nil {
				return err
			}
		case xml.EndElement:
			if strings.EqualFold(element.Name.Local, "outline") && len(l.folders) > 0 {
				l.folders = l.folders[:len(l.folders)-1]
			}
		}
	}
}

func (l *list) start(element *xml.StartElement) error {
	switch name := strings.ToLower(element.Name.Local); {
	case !l.inside && name != "opml":
		return ErrNoOPML
	case name == "opml":
		l.inside = true
	case name == "outline":
		return l.outline(element)
	}
	return nil
}

func (l *list) outline(element *xml.StartElement) error {
	if len(l.folders) == maxDepth || len(l.found) == maxSubscriptions {
		return fmt.Errorf("%w: more than %d feeds, or folders %d deep", ErrLimit, maxSubscriptions, maxDepth)
	}
	attribute := make(map[string]string, len(element.Attr))
	for _, a := range element.Attr {
		attribute[strings.ToLower(a.Name.Local)] = strings.TrimSpace(a.Value)
	}
	title := attribute["title"]
	if title == "" {
		title = attribute["text"]
	}
	url := attribute["xmlurl"]
	if url == "" {
		l.folders = append(l.folders, title)
		return nil
	}
	l.found = append(l.found, Subscription{Title: title, URL: url, Site: attribute["htmlurl"], Tags: l.tags(attribute["category"])})
	l.folders = append(l.folders, "")
	return nil
}

// tags are the folders around an outline and its own categories: by comma, each
// perhaps a path (OPML 2.0, category).
func (l *list) tags(categories string) []string {
	var tags []string
	for _, folder := range l.folders {
		if folder != "" {
			tags = append(tags, folder)
		}
	}
	for category := range strings.SplitSeq(categories, ",") {
		if category = strings.Trim(strings.TrimSpace(category), "/"); category != "" {
			tags = append(tags, category)
		}
	}
	return tags
}
