package render

import (
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/gorilla/feeds"
)

// appendJSONItem appends one object of items, as encoding/json does without
// HTML escapes.
func appendJSONItem(to []byte, e *entry, _ int) []byte { return newJSONItem(e).append(to) }

func (i *jsonItem) append(to []byte) []byte {
	to = appendString(append(to, `{"id":`...), i.Id)
	to = appendText(appendText(to, "url", i.Url), "title", i.Title)
	to = appendText(appendText(to, "content_html", i.ContentHTML), "content_text", i.ContentText)
	to = appendText(appendText(to, "summary", i.Summary), "image", i.Image)
	to = appendDate(appendDate(to, "date_published", i.PublishedDate), "date_modified", i.ModifiedDate)
	to = appendList(to, "authors", i.Authors, func(to []byte, author *feeds.JSONAuthor) []byte {
		to = appendText(appendText(append(to, '{'), "name", author.Name), "url", author.Url)
		return append(to, '}')
	})
	to = appendList(to, "tags", i.Tags, appendString)
	to = appendList(appendText(to, "language", i.Language), "attachments", i.Attachments, appendAttachment)
	if i.Tributary != nil {
		to = i.Tributary.append(appendKey(to, "_tributary"))
	}
	return append(to, '}')
}

func appendAttachment(to []byte, a jsonAttachment) []byte {
	to = appendString(append(to, `{"url":`...), a.URL)
	to = appendString(appendKey(to, "mime_type"), a.MIMEType)
	to = appendInt(appendInt(to, "size_in_bytes", a.Size), "duration_in_seconds", a.Duration)
	if a.Tributary != nil {
		episode := &a.Tributary.Episode
		to = append(appendKey(append(appendKey(to, "_tributary"), '{'), "episode"), '{')
		to = appendInt(appendInt(to, "number", int64(episode.Number)), "season", int64(episode.Season))
		to = append(appendText(appendText(to, "kind", episode.Kind), "explicit", episode.Explicit), "}}"...)
	}
	return append(to, '}')
}

func (x *jsonItemExtension) append(to []byte) []byte {
	to = append(to, '{')
	if x.Source != nil {
		to = appendString(append(appendKey(to, "source"), `{"title":`...), x.Source.Title)
		to = append(appendText(appendText(to, "url", x.Source.URL), "feed_url", x.Source.FeedURL), '}')
	}
	to = appendList(to, "also_in", x.AlsoIn, func(to []byte, c jsonCopy) []byte {
		to = appendText(append(to, '{'), "title", c.Title)
		return append(appendString(appendKey(to, "url"), c.URL), '}')
	})
	return append(appendText(appendText(to, "rights", x.Rights), "comments", x.Comments), '}')
}

// appendKey appends the key of the next value of an object that is open.
func appendKey(to []byte, key string) []byte {
	if to[len(to)-1] != '{' {
		to = append(to, ',')
	}
	return append(append(append(to, '"'), key...), `":`...)
}

// appendText appends a key with a text, and nothing for an empty one; so do
// appendInt, appendDate and appendList.
func appendText(to []byte, key, text string) []byte {
	if text == "" {
		return to
	}
	return appendString(appendKey(to, key), text)
}

func appendInt(to []byte, key string, n int64) []byte {
	if n == 0 {
		return to
	}
	return strconv.AppendInt(appendKey(to, key), n, 10)
}

func appendDate(to []byte, key string, t *time.Time) []byte {
	if t == nil {
		return to
	}
	return append(t.AppendFormat(append(appendKey(to, key), '"'), time.RFC3339Nano), '"')
}

func appendList[T any](to []byte, key string, list []T, each func([]byte, T) []byte) []byte {
	if len(list) == 0 {
		return to
	}
	to = append(appendKey(to, key), '[')
	for i := range list {
		if i > 0 {
			to = append(to, ',')
		}
		to = each(to, list[i])
	}
	return append(to, ']')
}

const hexDigits = "0123456789abcdef"

// appendString appends a string of JSON (RFC 8259 §7). The line ends of
// JavaScript are escaped too, as they always were.
func appendString(to []byte, s string) []byte {
	to = append(to, '"')
	done := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			switch {
			case r == utf8.RuneError && size == 1:
				to = append(append(to, s[done:i]...), `\ufffd`...)
				done = i + size
			case r == '\u2028' || r == '\u2029':
				to = append(append(to, s[done:i]...), `\u202`...)
				to = append(to, hexDigits[r&0xf])
				done = i + size
			}
			i += size
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		to = appendEscape(append(to, s[done:i]...), c)
		i++
		done = i
	}
	return append(append(to, s[done:]...), '"')
}

func appendEscape(to []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(to, '\\', c)
	case '\b':
		return append(to, `\b`...)
	case '\f':
		return append(to, `\f`...)
	case '\n':
		return append(to, `\n`...)
	case '\r':
		return append(to, `\r`...)
	case '\t':
		return append(to, `\t`...)
	}
	return append(to, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
}
