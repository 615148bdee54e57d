package parse

import (
	"encoding/binary"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
)

// utf16Bytes encodes a text, with a byte order mark if it starts with U+FEFF.
func utf16Bytes(order binary.AppendByteOrder, s string) string {
	var b []byte
	for _, unit := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, unit)
	}
	return string(b)
}

// utf32Bytes does the same in UTF-32.
func utf32Bytes(order binary.AppendByteOrder, s string) string {
	var b []byte
	for _, r := range s {
		b = order.AppendUint32(b, uint32(r))
	}
	return string(b)
}

// encoded encodes a text in some legacy charset.
func encoded(t *testing.T, enc encoding.Encoding, s string) string {
	t.Helper()
	b, err := enc.NewEncoder().String(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDecode(t *testing.T) {
	t.Parallel()
	const utf8Decl, latinDecl = "<?xml version='1.0' encoding='UTF-8'?>", `<?xml version="1.0" encoding="iso-8859-1"?>`
	cyrillic := "<a>Съешь же ещё этих мягких французских булок, да выпей чаю. Широкая электрификация южных губерний даст мощный толчок подъёму сельского хозяйства.</a>"
	tests := []struct {
		name, body, contentType, want string
		note                          bool
	}{
		{"plain ASCII", "<a>x</a>", "", "<a>x</a>", false},
		{"UTF-8 needs no label", "<a>é</a>", "", "<a>é</a>", false},
		{"header", "<a>\xe9</a>", "text/xml; charset=ISO-8859-1", "<a>é</a>", false},
		{"header in quotes and odd case", "<a>\xe9</a>", `text/xml; CHARSET="Latin1"`, "<a>é</a>", false},
		{"header wins over declaration", utf8Decl + "<a>\xe9</a>", "text/xml; charset=iso-8859-1", utf8Decl + "<a>é</a>", false},
		{"unknown charset in the header", "<a>é</a>" + latinDecl, "text/xml; charset=us-asciix", "<a>Ã©</a>" + latinDecl, false},
		{"unknown label", "<?xml version='1.0' encoding='x-foo'?><a>é</a>", "", "<?xml version='1.0' encoding='x-foo'?><a>é</a>", true},
		{"declaration", latinDecl + "<a>\xe9</a>", "", latinDecl + "<a>é</a>", false},
		{"iso-8859-1 is windows-1252, as browsers have it", latinDecl + "<a>\x93x\x94</a>", "", latinDecl + "<a>“x”</a>", false},
		{"byte order mark wins over declaration", "\xef\xbb\xbf" + latinDecl + "<a>é</a>", "", latinDecl + "<a>é</a>", false},
		{"mark twice", "\xef\xbb\xbf\xef\xbb\xbf<a/>", "", "<a/>", false},
		{"UTF-8 that says UTF-16", "<?xml version='1.0' encoding='utf-16'?><a>é</a>", "", "<?xml version='1.0' encoding='utf-16'?><a>é</a>", true},
		{"UTF-16 LE with mark", utf16Bytes(binary.LittleEndian, "\uFEFF<a>é😀</a>"), "", "<a>é😀</a>", false},
		{"UTF-16 BE with mark", utf16Bytes(binary.BigEndian, "\uFEFF<a>é</a>"), "", "<a>é</a>", false},
		{"UTF-16 LE without", utf16Bytes(binary.LittleEndian, "<a>é</a>"), "", "<a>é</a>", false},
		{"UTF-16 BE without", utf16Bytes(binary.BigEndian, "<a>é</a>"), "", "<a>é</a>", false},
		{"UTF-16 that the header calls UTF-8", utf16Bytes(binary.LittleEndian, "\uFEFF<a>é</a>"), "text/xml; charset=utf-8", "<a>é</a>", false},
		{"UTF-32 LE with mark", utf32Bytes(binary.LittleEndian, "\uFEFF<a>é</a>"), "", "<a>é</a>", false},
		{"UTF-32 BE without", utf32Bytes(binary.BigEndian, "<a>é</a>"), "", "<a>é</a>", false},
		{"one bad byte in UTF-8", utf8Decl + "<a>éèà \xe9</a>", "", utf8Decl + "<a>éèà é</a>", true},
		{"latin-1 that says UTF-8", utf8Decl + "<a>caf\xe9</a>", "", utf8Decl + "<a>café</a>", true},
		{"guessed windows-1251", encoded(t, charmap.Windows1251, cyrillic), "", cyrillic, true},
		{"declared Shift_JIS", encoded(t, japanese.ShiftJIS, "<?xml version='1.0' encoding='Shift_JIS'?><a>日本語</a>"), "", "<?xml version='1.0' encoding='Shift_JIS'?><a>日本語</a>", false},
		{"a charset that browsers don't know", "<a>\x82</a>", "text/xml; charset=cp437", "<a>é</a>", false},
		{"control characters go", "<a>\x00x\x08\x0b\x1fy\tz</a>", "", "<a>xy\tz</a>", false},
		{"noncharacters go", "<a>x\uFFFEy\uFFFFz\uFFFD</a>", "", "<a>xyz\uFFFD</a>", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, note := decode([]byte(tt.body), tt.contentType)
			if string(got) != tt.want {
				t.Errorf("decode(%q) = %q, want %q", tt.body, got, tt.want)
			}
			if (note != "") != tt.note {
				t.Errorf("note %q", note)
			}
			if !utf8.Valid(got) {
				t.Error("not UTF-8")
			}
		})
	}
}
