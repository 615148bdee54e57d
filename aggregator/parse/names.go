package parse

import "strings"

// A space is our name for a namespace: the prefix that gofeed uses for it in
// its extensions, "" for the vocabulary of the feed format itself.

// spaces maps namespace names, lower-cased and without a slash or # at the
// end, to spaces. Feeds get case and that last character wrong.
var spaces = map[string]string{
	"http://www.w3.org/2005/atom":                                    "atom",
	"http://purl.org/atom/ns":                                        "atom03",
	"http://www.w3.org/1999/02/22-rdf-syntax-ns":                     "rdf",
	"http://purl.org/rss/1.0":                                        "rss10",
	"http://channel.netscape.com/rdf/simple/0.9":                     "rss09",
	"http://my.netscape.com/rdf/simple/0.9":                          "rss09",
	"http://my.netscape.com/publish/formats/rss-0.91.dtd":            "rss09",
	"http://purl.org/net/rss1.1":                                     "rss10",
	"http://backend.userland.com/rss":                                "rss",
	"http://backend.userland.com/rss2":                               "rss",
	"http://backend.userland.com/rss191":                             "rss",
	"http://blogs.law.harvard.edu/tech/rss":                          "rss",
	"http://cyber.law.harvard.edu/rss":                               "rss",
	"http://www.rssboard.org/rss-specification":                      "rss",
	"http://purl.org/rss/1.0/modules/content":                        "content",
	"http://purl.org/dc/elements/1.1":                                "dc",
	"http://purl.org/dc/elements/1.0":                                "dc",
	"http://purl.org/dc/terms":                                       "dcterms",
	"http://search.yahoo.com/mrss":                                   "media",
	"http://video.search.yahoo.com/mrss":                             "media",
	"http://www.itunes.com/dtds/podcast-1.0.dtd":                     "itunes",
	"http://example.com/dtds/podcast-1.0.dtd":                        "itunes",
	"http://purl.org/rss/1.0/modules/syndication":                    "sy",
	"http://www.w3.org/1999/xhtml":                                   "xhtml",
	"http://rssnamespace.org/feedburner/ext/1.0":                     "feedburner",
	"http://purl.org/syndication/thread/1.0":                         "thr",
	"http://backend.userland.com/creativecommonsrssmodule":           "creativecommons",
	"http://cyber.law.harvard.edu/rss/creativecommonsrssmodule.html": "creativecommons",
	"http://purl.org/atompub/tombstones/1.0":                         "at",
	"http://web.resource.org/cc":                                     "cc",
	"http://creativecommons.org/ns":                                  "cc",
}

// spaceOf gives the space of a namespace that prefix is bound to. One that we
// don't know goes by its prefix: a feed that binds "dc" to a misspelt address
// still means Dublin Core.
func spaceOf(namespace, prefix string) string {
	key := strings.TrimRight(strings.ToLower(strings.TrimSpace(namespace)), "/#")
	if space, ok := spaces[key]; ok {
		return space
	}
	if prefix == "" {
		return unknownSpace
	}
	return strings.ToLower(prefix)
}

// unknownSpace is the space of elements that nobody reads.
const unknownSpace = "?"

// isNative reports whether a space belongs to the format itself.
func (f family) isNative(space string) bool {
	switch space {
	case "":
		return true
	case "atom", "atom03":
		return f == familyAtom
	case "rss", "rss09", "rss10", "rdf":
		return f == familyRSS
	}
	return false
}

// family is the vocabulary of a document.
type family byte

const (
	familyRSS family = iota
	familyAtom
)

// role is what the pass does with an element.
type role byte

const (
	roleSkip    role = iota // dropped with all that is in it: nobody reads it
	roleOpen                // structure: its children matter, its text doesn't
	roleEntry               // an open element that is an entry
	roleText                // text, maybe with markup inside; never marked
	roleMarked              // text of which kind, base or language matter: marked in Atom
	roleAddress             // text that gofeed would normalize as a URL: marked in Atom
	roleDate                // text that is a date
	roleEmpty               // only its attributes matter
)

// rssNative are the elements of RSS that we read, by lower-case name.
var rssNative = map[string]role{
	"rss": roleOpen, "rdf": roleOpen, "channel": roleOpen, "item": roleEntry,
	"image": roleOpen, "skiphours": roleOpen, "skipdays": roleOpen,
	"title": roleMarked, "description": roleMarked, "link": roleText, "url": roleText,
	"language": roleText, "copyright": roleMarked, "managingeditor": roleText, "webmaster": roleText,
	"pubdate": roleDate, "lastbuilddate": roleDate, "generator": roleText, "ttl": roleText,
	"hour": roleText, "day": roleText, "category": roleText, "author": roleText, "comments": roleText,
	"source": roleText, "guid": roleText, "enclosure": roleEmpty,
	// Not RSS, but met in items; they arrive in Item.Custom.
	"content": roleMarked, "body": roleMarked, "summary": roleMarked, "encoded": roleMarked, "fullitem": roleMarked,
	"date": roleText, "creator": roleText, "published": roleText, "updated": roleText, "modified": roleText,
	"id": roleText, "tags": roleText,
	"entry": roleEntry, // as in Atom
}

// atomNative are the elements of Atom 1.0 and 0.3 that we read.
var atomNative = map[string]role{
	"feed": roleOpen, "entry": roleEntry, "source": roleOpen,
	"author": roleOpen, "contributor": roleOpen, "name": roleText, "email": roleText,
	"uri": roleAddress, "url": roleAddress, "homepage": roleAddress,
	"title": roleMarked, "subtitle": roleMarked, "tagline": roleMarked, "summary": roleMarked,
	"content": roleMarked, "rights": roleMarked, "copyright": roleMarked,
	"id": roleAddress, "icon": roleAddress, "logo": roleAddress, "generator": roleText,
	"updated": roleDate, "modified": roleDate, "published": roleDate, "issued": roleDate,
	"link": roleEmpty, "category": roleEmpty,
	"info": roleMarked, "created": roleText, // Atom 0.3
	"item": roleEntry, // as in RSS
}

// entryName is what the family calls an entry.
func (f family) entryName() string {
	if f == familyAtom {
		return "entry"
	}
	return "item"
}

// valueAttribute gives the attribute of an empty element that says what it is
// all about.
func valueAttribute(local string) string {
	switch local {
	case "link":
		return "href"
	case "category":
		return "term"
	case "enclosure":
		return "url"
	}
	return ""
}

// feedSpace is the prefix under which elements are written that belong to the
// format, or are taken for it, but that gofeed drops. No feed can write one
// itself: what has an unknown prefix is left out.
const feedSpace = "feed"

// isDropped reports whether gofeed drops an element of the format: always, or
// all but the last, or outside of entries.
func (f family) isDropped(local string) bool {
	if f == familyAtom {
		return local == "info" || local == "created"
	}
	return local == "author"
}

// isExtensionOpen reports whether we read the children of an extension element.
func isExtensionOpen(space, local string) bool {
	switch space {
	case "media":
		return local == "group" || local == "content"
	case "itunes":
		return local == "owner" || local == "category"
	case "atom", "atom03":
		return local == "author" || local == "contributor" || local == "source"
	}
	return false
}

// extensionSpaces are the extensions of which we read something.
var extensionSpaces = map[string]bool{
	"content": true, "dc": true, "dcterms": true, "media": true, "itunes": true, "sy": true,
	"atom": true, "atom03": true, "feedburner": true, "xhtml": true, "creativecommons": true, "cc": true,
	"at": true,
}

// isPlain reports whether a name could be one that we look for. Others might be
// none that XML allows, on which gofeed would give up.
func isPlain(name string) bool {
	for i := range len(name) {
		if name[i] >= 0x80 || name[i] == ':' {
			return false
		}
	}
	return name != ""
}

// roleOf says what to do with an element of a document.
func (f family) roleOf(space, local string) role {
	if f.isNative(space) {
		if f == familyAtom {
			return atomNative[local]
		}
		return rssNative[local]
	}
	switch {
	case !extensionSpaces[space] || !isPlain(local):
		return roleSkip
	case isExtensionOpen(space, local):
		return roleOpen
	case space == "at" && local == "deleted-entry":
		return roleEmpty
	case space == "at":
		return roleSkip
	case space == "content" && local == "encoded":
		return roleMarked
	case space == "xhtml" && (local == "body" || local == "div"):
		return roleMarked
	case space == "xhtml":
		return roleSkip
	}
	return roleText
}
