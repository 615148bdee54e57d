package news

import "time"

// Kept is what the store keeps of everything published.
type Kept struct {
	Renditions []KeptRendition
	// Revisions are those that the renditions of each feed show.
	Revisions map[string]int64
	// Editions are those that the renditions of each feed show.
	Editions map[string]LastEdition
}

// KeptRendition is what the store keeps of a rendition, so that a program that
// was started again serves at once what it served before. The publisher makes
// it and alone knows what its parts mean.
type KeptRendition struct {
	Path         string // as in the URL, below the site's
	Kind         string
	ContentType  string
	Links        []string  // values of the Link header
	Updated      time.Time // newest change of what it shows; zero when unknown
	Tag          string    // names the bytes of Body, and nothing else
	LastModified time.Time // when the bytes came to be these; whole seconds; zero when it has none
	DateShared   bool      // earlier bytes had the same LastModified
	Body         []byte
	Gzip, Brotli []byte // the same in these content codings; nil where not made
	BrotliTried  bool   // so that what isn't worth coding isn't coded again
}
