package parse

import (
	"bytes"
	"errors"
	"fmt"
	"mime"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/wlynxg/chardet"
	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
	"golang.org/x/text/transform"
)

// declaredEncoding finds the encoding in an XML declaration, which may stand
// behind junk.
var declaredEncoding = regexp.MustCompile(`<\?xml[^>]{0,200}?\sencoding\s*=\s*["']\s*([A-Za-z0-9_.:-]{1,40})`)

const (
	declarationWindow = 2 << 10  // bytes in which to look for the XML declaration
	detectionWindow   = 64 << 10 // bytes for chardet to look at
)

// decode gives the body as valid UTF-8 without byte order mark and without
// characters that XML forbids, and a sentence when it had to guess or repair.
// The charset is the first of these under which the bytes make sense:
//
//  1. UTF-16 or UTF-32 by byte order mark or by the zero bytes around the
//     first characters: such bytes can't be anything else (RFC 7303 §3.3
//     gives the mark precedence over all labels)
//  2. the charset of the Content-Type header
//  3. a UTF-8 byte order mark
//  4. the XML declaration
//  5. UTF-8, if the bytes are valid; also if all but a few are, which then
//     count as windows-1252
//  6. what chardet takes it for
//  7. windows-1252, in which everything makes sense
func decode(body []byte, contentType string) (text []byte, note string) {
	if enc := wideEncoding(body); enc != nil {
		return clean(decodeWith(enc, body)), ""
	}
	marked := bytes.HasPrefix(body, utf8Mark)
	body = bytes.TrimPrefix(body, utf8Mark)
	labels := make([]string, 0, 3)
	if _, params, err := mime.ParseMediaType(contentType); err == nil && params["charset"] != "" {
		labels = append(labels, params["charset"])
	}
	if marked {
		labels = append(labels, "utf-8")
	}
	if m := declaredEncoding.FindSubmatch(body[:min(len(body), declarationWindow)]); m != nil {
		labels = append(labels, string(m[1]))
	}
	for _, label := range labels {
		if text, ok := decodeLabel(label, body); ok {
			return clean(text), ""
		}
	}
	name := "utf-8"
	if text = body; !utf8.Valid(body) {
		text, name = guess(body)
	} else if len(labels) == 0 {
		return clean(body), "" // the default
	}
	return clean(text), fmt.Sprintf("its charset is not what it says: read as %s", name)
}

var utf8Mark = []byte("\xef\xbb\xbf")

// decodeLabel decodes under a charset that a label claims, unless the label is
// unknown or the bytes deny it.
func decodeLabel(label string, body []byte) ([]byte, bool) {
	label = strings.Trim(strings.ToLower(label), ` "'`)
	enc, name := charset.Lookup(label)
	if enc == nil { // the web knows fewer charsets than IANA has registered
		enc, _ = ianaindex.IANA.Encoding(label)
	}
	switch {
	case enc == nil, strings.HasPrefix(name, "utf-16"), name == "replacement":
		return nil, false // UTF-16 would have been recognized by its zero bytes
	case name == "utf-8":
		return body, utf8.Valid(body)
	case isASCII(body):
		return body, name != "iso-2022-jp" && name != "hz-gb-2312"
	}
	text := decodeWith(enc, body)
	return text, !bytes.Contains(text, []byte("\uFFFD"))
}

// guess decodes bytes that no label fits.
func guess(body []byte) (text []byte, name string) {
	if text, ok := repairUTF8(body); ok {
		return text, "utf-8 with some bytes of windows-1252"
	}
	if enc, name := charset.Lookup(detect(body[:min(len(body), detectionWindow)])); enc != nil && name != "utf-8" && name != "replacement" {
		if text := decodeWith(enc, body); !bytes.Contains(text, []byte("\uFFFD")) {
			return text, name
		}
	}
	return decodeWith(charmap.Windows1252, body), "windows-1252"
}

// detect asks chardet, which is a statistical guess over bytes that nobody
// vouches for: a panic in it counts as not knowing.
func detect(sample []byte) (label string) {
	defer func() {
		if recover() != nil {
			label = ""
		}
	}()
	found := chardet.Detect(sample)
	if found.Confidence < 0.5 {
		return ""
	}
	if label, ok := webCharsets[found.Encoding]; ok {
		return label
	}
	return found.Encoding
}

// webCharsets translates what chardet finds into what the web means by it. The
// Macintosh charsets share their letters with those of Windows, and no server
// sends them.
var webCharsets = map[string]string{
	"MacCyrillic": "windows-1251",
	"MacRoman":    "windows-1252",
	"CP932":       "shift_jis",
	"CP949":       "euc-kr",
	"ISO-8859-1":  "windows-1252",
}

// repairUTF8 takes invalid bytes for windows-1252 if the rest of the text
// shows that it is UTF-8: more good sequences than bad bytes.
func repairUTF8(body []byte) ([]byte, bool) {
	good, bad := 0, 0
	for i := 0; i < len(body); {
		r, size := utf8.DecodeRune(body[i:])
		switch {
		case size > 1:
			good++
		case r == utf8.RuneError:
			bad++
		}
		i += size
	}
	if good <= bad {
		return nil, false
	}
	out := make([]byte, 0, len(body)+2*bad)
	for i := 0; i < len(body); {
		r, size := utf8.DecodeRune(body[i:])
		if r == utf8.RuneError && size == 1 {
			r = charmap.Windows1252.DecodeByte(body[i])
		}
		out = utf8.AppendRune(out, r)
		i += size
	}
	return out, true
}

// wideEncoding recognizes UTF-16 and UTF-32 by byte order mark, or without one
// by the zero bytes around a first "<" or "{" (XML 1.0, appendix F).
func wideEncoding(b []byte) encoding.Encoding {
	if len(b) < 4 {
		return nil
	}
	ascii := func(c byte) bool { return c == '<' || c == '{' || c == ' ' || c == '\n' || c == '\r' || c == '\t' }
	switch {
	case b[0] == 0 && b[1] == 0 && b[2] == 0xfe && b[3] == 0xff, b[0] == 0 && b[1] == 0 && b[2] == 0 && ascii(b[3]):
		return utf32.UTF32(utf32.BigEndian, utf32.UseBOM)
	case b[0] == 0xff && b[1] == 0xfe && b[2] == 0 && b[3] == 0, ascii(b[0]) && b[1] == 0 && b[2] == 0 && b[3] == 0:
		return utf32.UTF32(utf32.LittleEndian, utf32.UseBOM)
	case b[0] == 0xfe && b[1] == 0xff, b[0] == 0 && ascii(b[1]):
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	case b[0] == 0xff && b[1] == 0xfe, ascii(b[0]) && b[1] == 0:
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	}
	return nil
}

// decodeWith decodes as much as will be read, which is a little more than
// maxText bytes; what can't be decoded becomes U+FFFD.
func decodeWith(enc encoding.Encoding, body []byte) []byte {
	const most = maxText + 64
	decoder := enc.NewDecoder()
	text := make([]byte, 0, min(len(body)+len(body)/8+64, most))
	for rest := body; ; {
		written, read, err := decoder.Transform(text[len(text):cap(text)], rest, true)
		text, rest = text[:len(text)+written], rest[read:]
		switch {
		case errors.Is(err, transform.ErrShortDst) && cap(text) < most:
			text = append(make([]byte, 0, min(2*cap(text), most)), text...)
		case err == nil, errors.Is(err, transform.ErrShortDst):
			return text
		default:
			return bytes.ToValidUTF8(body, []byte("\uFFFD"))
		}
	}
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// clean drops what no XML document may contain (XML 1.0 §2.2): control
// characters, U+FFFE and U+FFFF, and byte order marks at the start. It copies
// only what needs it.
func clean(text []byte) []byte {
	text = bytes.TrimPrefix(text, utf8Mark)
	i := illegal(text, 0)
	if i == len(text) {
		return text
	}
	out := make([]byte, 0, len(text))
	start := 0
	for ; i < len(text); i = illegal(text, start) {
		out = append(out, text[start:i]...)
		start = i + 1
		if text[i] == 0xef {
			start = i + 3
		}
	}
	return append(out, text[start:]...)
}

// illegal gives the position of the first illegal character at or after i, or
// the length of the text.
func illegal(text []byte, i int) int {
	for ; i < len(text); i++ {
		switch c := text[i]; {
		case c >= ' ' && c != 0xef:
		case c == '\n' || c == '\t' || c == '\r':
		case c != 0xef:
			return i
		case i+2 < len(text) && text[i+1] == 0xbf && text[i+2] >= 0xbe:
			return i
		}
	}
	return len(text)
}
