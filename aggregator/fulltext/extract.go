package fulltext

import (
	"bytes"
	"errors"
	"fmt"
	"mime"
	"net/url"
	"strings"

	readability "codeberg.org/readeck/go-readability/v2"
	"golang.org/x/net/html"
	"golang.org/x/net/html/charset"
)

// maxElements bounds the elements of a page: time and memory grow with them.
const maxElements = 20_000

// errNotPage is an answer that is no HTML page. Asking again would bring the
// same.
var errNotPage = errors.New("no article can be read there")

// Extract finds the article in a page and gives its HTML, which is not safe to
// publish: its text is the page's own. An error means that there is none; it
// says what was there instead. A panic of the library is an error too.
func Extract(body []byte, contentType, address string) (article string, err error) {
	defer func() {
		if r := recover(); r != nil {
			article, err = "", fmt.Errorf("%w: reading it failed: %v", errNotPage, r)
		}
	}()
	media, _, _ := mime.ParseMediaType(contentType)
	if media != "" && media != "text/html" && media != "application/xhtml+xml" {
		return "", fmt.Errorf("%w: it is %s, not a page", errNotPage, media)
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return "", fmt.Errorf("%w: the page is empty", errNotPage)
	}
	u, err := url.Parse(address)
	if err != nil {
		return "", fmt.Errorf("%w: %w", errNotPage, err)
	}
	text, err := charset.NewReader(bytes.NewReader(body), contentType)
	if err != nil {
		return "", fmt.Errorf("%w: its characters can't be read: %w", errNotPage, err)
	}
	root, err := html.Parse(text)
	if err != nil {
		return "", fmt.Errorf("%w: %w", errNotPage, err)
	}
	parser := readability.NewParser()
	parser.MaxElemsToParse = maxElements
	parser.DisableJSONLD = true // only its text is used
	found, err := parser.ParseAndMutate(root, u)
	if err != nil {
		return "", fmt.Errorf("%w: %w", errNotPage, err)
	}
	if found.Node == nil {
		return "", fmt.Errorf("%w: the page has no text that stands out", errNotPage)
	}
	var out strings.Builder
	if err := found.RenderHTML(&out); err != nil {
		return "", fmt.Errorf("%w: %w", errNotPage, err)
	}
	return out.String(), nil
}
