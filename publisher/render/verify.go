package render

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Verify reads a document back and reports what would keep a reader from
// doing so: XML that is not well-formed or has a prefix that it doesn't declare,
// JSON that doesn't decode, another root than the format's, another number of
// items than there should be. It is the gate before a rendition replaces the
// last one.
func (f Format) Verify(body []byte, items int) error {
	found, err := f.count(body)
	if err != nil {
		return fmt.Errorf("%s document can't be read back: %w", f.Name, err)
	}
	if found != items {
		return fmt.Errorf("%s document has %d items instead of %d", f.Name, found, items)
	}
	return nil
}

func countRSS(body []byte) (int, error) { return countXML(body, "rss", "channel", "item") }

func countAtom(body []byte) (int, error) { return countXML(body, "feed", "entry") }

// countXML counts the elements that stand exactly at path, which starts at
// the root, and reads the whole document for it. What the scanner can't vouch
// for is read by encoding/xml, which says what is wrong with it.
func countXML(body []byte, path ...string) (int, error) {
	if count, ok := scanXML(body, path); ok {
		return count, nil
	}
	return parseXML(body, path...)
}

// parseXML is countXML by encoding/xml.
func parseXML(body []byte, path ...string) (int, error) {
	decoder := xml.NewDecoder(bytes.NewReader(body))
	var open []string
	var spaces namespaces
	count, roots := 0, 0
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return 0, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			if err := spaces.check(&token); err != nil {
				return 0, err
			}
			open = append(open, token.Name.Local)
			if len(open) == 1 {
				roots++
			}
			if slices.Equal(open, path) {
				count++
			}
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			// The decoder lets text stand outside of the root (XML 1.0 §2.1).
			if len(open) == 0 && len(bytes.TrimSpace(token)) > 0 {
				return 0, errors.New("text outside of the root element")
			}
		}
		if len(open) == 1 && open[0] != path[0] {
			return 0, fmt.Errorf("root element is %.40q instead of %q", open[0], path[0])
		}
	}
	if roots != 1 {
		return 0, fmt.Errorf("%d root elements instead of one", roots)
	}
	return count, nil
}

// namespaces are those that were declared in a document so far.
type namespaces []string

// check notes what an element declares and refuses a prefix that nobody did. The
// decoder lets it pass, and gives it in place of a namespace.
func (n *namespaces) check(element *xml.StartElement) error {
	for _, attr := range element.Attr {
		if attr.Name.Space == "xmlns" || attr.Name.Space == "" && attr.Name.Local == "xmlns" {
			*n = append(*n, attr.Value)
		}
	}
	names := []xml.Name{element.Name}
	for _, attr := range element.Attr {
		names = append(names, attr.Name)
	}
	for _, name := range names {
		switch {
		case name.Space == "", name.Space == "xmlns", name.Space == nsXML, slices.Contains(*n, name.Space):
		default:
			return fmt.Errorf("prefix of %.40s:%.40s is not declared", name.Space, name.Local)
		}
	}
	return nil
}

// countJSON counts the items of a JSON Feed. What the scanner can't vouch for is
// read by encoding/json, which says what is wrong with it.
func countJSON(body []byte) (int, error) {
	if version, items, ok := scanJSON(body); ok && strings.HasPrefix(version, jsonVersionPrefix) {
		return items, nil
	}
	return parseJSON(body)
}

// jsonVersionPrefix is what the version of every edition of the format begins
// with.
const jsonVersionPrefix = "https://jsonfeed.org/version/"

// parseJSON is countJSON by encoding/json.
func parseJSON(body []byte) (int, error) {
	var feed struct {
		Version string     `json:"version"`
		Items   []struct{} `json:"items"`
	}
	if err := json.Unmarshal(body, &feed); err != nil {
		return 0, err
	}
	if !strings.HasPrefix(feed.Version, jsonVersionPrefix) {
		return 0, fmt.Errorf("version is %.60q", feed.Version)
	}
	if feed.Items == nil {
		return 0, errors.New("items are missing")
	}
	return len(feed.Items), nil
}
