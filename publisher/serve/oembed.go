package serve

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"tributary/internal/news"
	"tributary/publisher/site"
)

const (
	oembedPath  = "/oembed"
	oembedCache = "public, max-age=300"
	// A frame has oembedWidth, in CSS pixels, and oembedRows stories where the
	// consumer has no narrower one.
	oembedWidth = 600
	oembedRows  = 5
)

// oembedAnswer is a response of type rich (oEmbed 1.0 §2.3.4.4).
type oembedAnswer struct {
	Type         string `json:"type"`
	Version      string `json:"version"`
	Title        string `json:"title"`
	ProviderName string `json:"provider_name"`
	ProviderURL  string `json:"provider_url"`
	CacheAge     int    `json:"cache_age"` // seconds
	HTML         string `json:"html"`
	Width        int    `json:"width"`
	Height       int    `json:"height"`
}

// oembed says how another site can show a page of ours: a feed's, in a frame
// (oEmbed 1.0 §2).
//
//  1. url is the address of a feed's page, or of its page for frames, whatever
//     its scheme and query. Any other has no answer: 404.
//  2. The frame is not larger than maxwidth and maxheight, and shows as many
//     stories as fit, up to five. What is not a positive number is not heeded.
//  3. The answer is JSON, which any other format than json is told by 501.
func oembed(w http.ResponseWriter, r *http.Request, options *Options) {
	query := r.URL.Query()
	if format := query.Get("format"); format != "" && format != "json" {
		plain(w, r, http.StatusNotImplemented, "format not implemented: json only")
		return
	}
	address := query.Get("url")
	if address == "" {
		plain(w, r, http.StatusBadRequest, "url is missing: the address of a page of this site")
		return
	}
	feed := framed(address, options)
	if feed == nil {
		plain(w, r, http.StatusNotFound, "not found: url is not the page of a feed of this site")
		return
	}
	body, err := json.Marshal(newOembed(feed, options, most(query, "maxwidth"), most(query, "maxheight")))
	if err != nil {
		plain(w, r, http.StatusInternalServerError, "no answer can be made") // strings and numbers always can
		return
	}
	header := w.Header()
	header.Set("Access-Control-Allow-Origin", "*")
	header.Set("Cache-Control", oembedCache)
	header.Set("Content-Length", strconv.Itoa(len(body)))
	header.Set("Content-Security-Policy", "default-src 'none'")
	header.Set("Content-Type", "application/json")
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the client is gone: nobody to tell
	}
}

// framed gives the feed that has its page at an address, nil when none has.
func framed(address string, options *Options) *news.Feed {
	asked, err := url.Parse(address)
	own, ownErr := url.Parse(options.Site.URL)
	if err != nil || ownErr != nil || asked.Scheme != "https" && asked.Scheme != "http" ||
		!strings.EqualFold(asked.Host, own.Host) {
		return nil
	}
	path, inside := below(asked.Path, options.BasePath)
	if !inside {
		return nil
	}
	name := strings.TrimSuffix(strings.Trim(path, "/"), "/embed")
	if name == "" {
		return &options.Feeds[0]
	}
	for i := range options.Feeds {
		if options.Feeds[i].Name == name {
			return &options.Feeds[i]
		}
	}
	return nil
}

// newOembed answers for a feed, in a frame within these limits; 0 is none.
func newOembed(feed *news.Feed, options *Options, maxWidth, maxHeight int) oembedAnswer {
	width, rows := oembedWidth, oembedRows
	if maxWidth > 0 {
		width = min(width, maxWidth)
	}
	height := site.FrameHeight(rows)
	if maxHeight > 0 && maxHeight < height {
		rows = min(rows, site.FrameRows(maxHeight))
		height = min(maxHeight, site.FrameHeight(rows))
	}
	title := feed.Title
	if title == "" {
		title = feed.Name
	}
	return oembedAnswer{
		Type: "rich", Version: "1.0", Title: title,
		ProviderName: options.Site.Title, ProviderURL: options.Site.URL + "/", CacheAge: 300,
		HTML: fmt.Sprintf(`<iframe src="%s/%s/embed?limit=%d" title="%s" width="%d" height="%d" loading="lazy" style="border: 0"></iframe>`,
			html.EscapeString(options.Site.URL), feed.Name, rows, html.EscapeString(title), width, height),
		Width: width, Height: height,
	}
}

// most reads a limit from a query; 0 when there is none.
func most(query url.Values, name string) int {
	n, err := strconv.Atoi(query.Get(name))
	if err != nil || n < 0 {
		return 0
	}
	return n
}
