package publisher

import "time"

// Rendition is the bytes of one address with all that a response needs. It is
// never changed after it was made; a newer one takes its place as a whole.
type Rendition struct {
	Path         string // as in the URL, without the site's sub-path: "/latest.rss"
	ContentType  string
	CacheControl string
	Policy       string   // Content-Security-Policy
	Links        []string // Link header values
	Body         []byte
	Gzip         []byte    // nil when it would not be smaller
	Brotli       []byte    // nil until made in the background, or when it would not be smaller
	ETag         string    // strong, quoted, of Body; those of Gzip and Brotli are derived from it
	LastModified time.Time // newest real change, whole seconds; zero when unknown
}
