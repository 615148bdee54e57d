package serve

import (
	"net/http"
	"strings"

	"tributary/internal/codec"
	"tributary/publisher"
)

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
func revalidated(header http.Header, rendition *publisher.Rendition) *publisher.Variant {
	if tags := field(header, "If-None-Match"); tags != "" {
		if strings.TrimSpace(tags) == "*" {
			return negotiated(header, rendition)
		}
		return tagged(tags, header, rendition)
	}
	since := field(header, "If-Modified-Since")
	if since == "" || rendition.Modified == "" || rendition.DateShared {
		return nil
	}
	if since != rendition.Modified {
		at, err := http.ParseTime(since)
		if err != nil || rendition.LastModified.After(at) {
			return nil
		}
	}
	return negotiated(header, rendition)
}

// tagged looks for one of the rendition's tags in a list of entity tags. What
// follows a syntax error is not read.
func tagged(list string, header http.Header, rendition *publisher.Rendition) *publisher.Variant {
	for {
		list = strings.TrimLeft(list, " \t,")
		opaque := strings.TrimPrefix(list, "W/")
		if opaque == "" || opaque[0] != '"' {
			return nil
		}
		end := strings.IndexByte(opaque[1:], '"')
		if end < 0 {
			return nil
		}
		tag := opaque[:end+2]
		if v := variantOf(tag, header, rendition); v != nil {
			return v
		}
		list = opaque[len(tag):]
	}
}

func variantOf(tag string, header http.Header, rendition *publisher.Rendition) *publisher.Variant {
	switch {
	case tag == rendition.Plain.ETag:
		return rendition.Plain
	case has(rendition.Gzip, tag) && accepts(header, "gzip"):
		return rendition.Gzip
	case has(rendition.Brotli, tag) && accepts(header, "br"):
		return rendition.Brotli
	default:
		return nil
	}
}

func has(v *publisher.Variant, tag string) bool { return v != nil && v.ETag == tag }

func accepts(header http.Header, coding string) bool {
	return codec.Negotiate(field(header, "Accept-Encoding"), coding) == coding
}
