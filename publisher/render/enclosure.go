package render

import (
	"net/url"
	"path"
	"strings"

	"tributary/internal/news"
)

// unknownType is the media type of a file of which nothing is known
// (RFC 2046 §4.5.1).
const unknownType = "application/octet-stream"

// mediaTypes are the types of files that come with stories, by extension. Our
// own table, because the one of the mime package depends on the machine's.
var mediaTypes = map[string]string{
	".aac":  "audio/aac",
	".avif": "image/avif",
	".epub": "application/epub+zip",
	".flac": "audio/flac",
	".gif":  "image/gif",
	".jpeg": "image/jpeg",
	".jpg":  "image/jpeg",
	".m4a":  "audio/mp4",
	".m4v":  "video/mp4",
	".mkv":  "video/x-matroska",
	".mov":  "video/quicktime",
	".mp3":  "audio/mpeg",
	".mp4":  "video/mp4",
	".oga":  "audio/ogg",
	".ogg":  "audio/ogg",
	".ogv":  "video/ogg",
	".opus": "audio/ogg",
	".pdf":  "application/pdf",
	".png":  "image/png",
	".svg":  "image/svg+xml",
	".wav":  "audio/wav",
	".webm": "video/webm",
	".webp": "image/webp",
	".zip":  "application/zip",
}

// cleanEnclosures cleans each enclosure, completes its type, which RSS and
// JSON Feed demand, and drops those without an address.
func cleanEnclosures(enclosures []news.Enclosure) []news.Enclosure {
	out := make([]news.Enclosure, 0, len(enclosures))
	for _, e := range enclosures {
		e.URL, e.Type, e.Length = text(e.URL), text(e.Type), max(e.Length, 0)
		e.Duration = max(e.Duration, 0)
		if e.URL == "" {
			continue
		}
		if !isMediaType(e.Type) {
			e.Type = guessType(e.URL)
		}
		out = append(out, e)
	}
	return out
}

// isMediaType reports whether s has the shape that Atom's schema demands.
func isMediaType(s string) bool {
	slash := strings.IndexByte(s, '/')
	return slash > 0 && slash < len(s)-1 && !strings.ContainsAny(s, " \n\t")
}

func guessType(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return unknownType
	}
	if t, ok := mediaTypes[strings.ToLower(path.Ext(u.Path))]; ok {
		return t
	}
	return unknownType
}
