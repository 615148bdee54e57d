package serve

import (
	"net/http"
	"strings"

	"tributary/internal/codec"
	"tributary/publisher"
)

// asked is what decides what a rendition answers, but for demands that few
// make; see refused and partial. The values are as field gives them.
type asked struct {
	encoding string // Accept-Encoding
	tags     string // If-None-Match
	since    string // If-Modified-Since
}

func askedBy(header http.Header) asked {
	return asked{field(header, "Accept-Encoding"), field(header, "If-None-Match"), field(header, "If-Modified-Since")}
}

// revalidated gives the variant that the client has and may go on using, or
// nil when it must be sent one (RFC 9110 §13.2.2):
//
//  1. If-None-Match decides alone where it is present. Tags are compared
//     weakly (§8.8.3.2), since proxies that compress weaken ours; "*" matches.
//  2. A tag may name any variant whose coding the client accepts: that is the
//     selected representation then. So a client that holds the gzip variant
//     loads nothing again when the brotli one becomes ready.
//  3. Else If-Modified-Since, with our own date back or a later one, unless
//     that date was another rendition's too.
func revalidated(asked *asked, rendition *publisher.Rendition) *publisher.Variant {
	if asked.tags != "" {
		if strings.TrimSpace(asked.tags) == "*" {
			return negotiated(asked, rendition)
		}
		return tagged(asked, rendition)
	}
	since := asked.since
	if since == "" || rendition.Modified == "" || rendition.DateShared {
		return nil
	}
	if since != rendition.Modified {
		at, err := http.ParseTime(since)
		if err != nil || rendition.LastModified.After(at) {
			return nil
		}
	}
	return negotiated(asked, rendition)
}

// refused reports whether a request demands a state that is not the present
// one, as the parts of a file that is loaded bit by bit do (RFC 9110 §13.1.1,
// §13.1.4). If-Match compares strongly and decides alone where it is present.
func refused(header http.Header, rendition *publisher.Rendition) bool {
	if tags := field(header, "If-Match"); tags != "" {
		return strings.TrimSpace(tags) != "*" && !strongly(tags, rendition)
	}
	if since := field(header, "If-Unmodified-Since"); since != "" && rendition.Modified != "" {
		at, err := http.ParseTime(since)
		return err == nil && (rendition.LastModified.After(at) || rendition.DateShared && rendition.LastModified.Equal(at))
	}
	return false
}

// strongly looks for a variant's very tag in a list.
func strongly(list string, rendition *publisher.Rendition) bool {
	for {
		tag, weak, rest := cutTag(list)
		switch {
		case tag == "":
			return false
		case !weak && (tag == rendition.Plain.ETag || has(rendition.Gzip, tag) || has(rendition.Brotli, tag)):
			return true
		}
		list = rest
	}
}

// tagged looks for one of the rendition's tags in the list of entity tags. What
// follows a syntax error is not read.
func tagged(asked *asked, rendition *publisher.Rendition) *publisher.Variant {
	for list := asked.tags; ; {
		tag, _, rest := cutTag(list)
		if tag == "" {
			return nil
		}
		if v := variantOf(tag, asked, rendition); v != nil {
			return v
		}
		list = rest
	}
}

// cutTag takes the first entity tag off a list, "" at the end or where the
// syntax is broken.
func cutTag(list string) (tag string, weak bool, rest string) {
	list = strings.TrimLeft(list, " \t,")
	opaque, weak := strings.CutPrefix(list, "W/")
	if opaque == "" || opaque[0] != '"' {
		return "", false, ""
	}
	end := strings.IndexByte(opaque[1:], '"')
	if end < 0 {
		return "", false, ""
	}
	return opaque[:end+2], weak, opaque[end+2:]
}

func variantOf(tag string, asked *asked, rendition *publisher.Rendition) *publisher.Variant {
	switch {
	case tag == rendition.Plain.ETag:
		return rendition.Plain
	case has(rendition.Gzip, tag) && accepts(asked, "gzip"):
		return rendition.Gzip
	case has(rendition.Brotli, tag) && accepts(asked, "br"):
		return rendition.Brotli
	default:
		return nil
	}
}

func has(v *publisher.Variant, tag string) bool { return v != nil && v.ETag == tag }

func accepts(asked *asked, coding string) bool {
	return codec.Negotiate(asked.encoding, coding) == coding
}
