package publisher

import "time"

// Kind says what an address holds. It decides how long caches may keep it and
// what a browser that opens it may load.
type Kind string

// The kinds.
const (
	KindFeed    Kind = "feed"    // a machine-readable feed
	KindArchive Kind = "archive" // a full archive page of one
	KindPage    Kind = "page"    // an HTML page
	KindAsset   Kind = "asset"   // a style or script whose name holds a hash of its bytes
	KindFile    Kind = "file"    // what lies beside an article
	KindText    Kind = "text"    // robots.txt, sitemap.xml

	KindFrame    Kind = "frame"    // an HTML page that other sites may frame: the only one
	KindFragment Kind = "fragment" // a piece of HTML for the pages of other sites
	KindChooser  Kind = "chooser"  // an HTML page that shows a KindFrame
)

// kindHeaders is what a Kind means on the wire.
type kindHeaders struct {
	cacheControl, policy string
	maxAge               time.Duration // the one of cacheControl, for formats that tell it too; 0: none does
}

// Feeds and pages live five minutes in caches and may be used stale while they
// are asked for again or while we are down (RFC 5861). A full archive page
// changes only when a story in it does. An asset never changes:
// its name does (RFC 8246).
const (
	cacheShort   = "public, max-age=300, stale-while-revalidate=600, stale-if-error=3600"
	cacheHour    = "public, max-age=3600, stale-while-revalidate=600, stale-if-error=3600"
	cacheDay     = "public, max-age=86400, stale-while-revalidate=600, stale-if-error=86400"
	cacheForever = "public, max-age=31536000, immutable"
)

// What a page may load (CSP). Pictures come from anywhere, as stories bring
// them; sound and video only from us: they lie beside articles.
const (
	policyFeed = "default-src 'none'; style-src 'self'"
	policyPage = "default-src 'none'; img-src https: http: data:; media-src 'self'; style-src 'self'; script-src 'self'; " +
		"connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
	policyFrame = "default-src 'none'; img-src https: http: data:; media-src 'self'; style-src 'self'; script-src 'self'; " +
		"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors *"
	policyFragment = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	policyChooser  = policyPage + "; frame-src 'self'"
	// An SVG or HTML file beside an article may style itself and show its
	// pictures, but runs no script with our origin's rights.
	policyFile = "default-src 'none'; img-src 'self' data:; media-src 'self'; style-src 'self' 'unsafe-inline'; " +
		"base-uri 'none'; form-action 'none'"
)

// headersOf gives the headers of a kind; those of KindText for an unknown one.
func headersOf(kind Kind) kindHeaders {
	switch kind {
	case KindFeed:
		return kindHeaders{cacheShort, policyFeed, 5 * time.Minute}
	case KindArchive:
		return kindHeaders{cacheDay, policyFeed, 24 * time.Hour}
	case KindPage:
		return kindHeaders{cacheShort, policyPage, 0}
	case KindFrame:
		return kindHeaders{cacheShort, policyFrame, 0}
	case KindFragment:
		return kindHeaders{cacheShort, policyFragment, 0}
	case KindChooser:
		return kindHeaders{cacheShort, policyChooser, 0}
	case KindAsset:
		return kindHeaders{cacheForever, policyFeed, 0}
	case KindFile:
		return kindHeaders{cacheHour, policyFile, 0}
	default:
		return kindHeaders{cacheShort, policyFeed, 0}
	}
}
