package article

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"image"
	_ "image/gif" // to be decoded by image
	"image/jpeg"
	_ "image/png" // likewise
	"io"
	"os"
	"path"
	"strconv"
	"strings"
)

// size is that of a picture in CSS pixels.
type size struct{ width, height int }

// maxSide bounds the sides of a picture; what claims more is none.
const maxSide = 100_000

// plausible reports whether a page can have a picture of that size.
func (s size) plausible() bool {
	return s.width > 0 && s.height > 0 && s.width <= maxSide && s.height <= maxSide
}

// maxHead is how much of a picture is read for its size, in bytes. The size
// of a JPEG stands behind what a camera says of it.
const maxHead = 256 << 10

// errNoSize is that of a file whose size can't be told.
var errNoSize = errors.New("no picture whose size is known")

// measure gives the size of a picture in the folder: of PNG, JPEG, GIF, WebP,
// AVIF and SVG.
func measure(root *os.Root, name string) (size, error) {
	file, err := root.Open(name)
	if err != nil {
		return size{}, err
	}
	defer file.Close()
	head, err := io.ReadAll(io.LimitReader(file, maxHead))
	if err != nil {
		return size{}, err
	}
	switch strings.ToLower(path.Ext(name)) {
	case ".svg":
		return svgSize(head)
	case ".webp":
		return webpSize(head)
	case ".avif":
		return avifSize(head)
	case ".jpg", ".jpeg":
		if found, err := jpegSize(head); err == nil {
			return found, nil
		}
	}
	config, _, err := image.DecodeConfig(bytes.NewReader(head))
	return size{config.Width, config.Height}, err
}

// svgSize reads the root element of an SVG: its width and height if they are
// numbers or pixels, else those of its viewBox (SVG 2 §8.2).
func svgSize(head []byte) (size, error) {
	decoder := xml.NewDecoder(bytes.NewReader(head))
	decoder.Strict = false
	for {
		token, err := decoder.Token()
		if err != nil {
			return size{}, err
		}
		root, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		attributes := map[string]string{}
		for _, a := range root.Attr {
			attributes[a.Name.Local] = a.Value
		}
		found := size{pixels(attributes["width"]), pixels(attributes["height"])}
		box := strings.FieldsFunc(attributes["viewBox"], func(r rune) bool { return r == ' ' || r == ',' })
		if (found.width == 0 || found.height == 0) && len(box) == 4 {
			found = size{pixels(box[2]), pixels(box[3])}
		}
		if found.width == 0 || found.height == 0 {
			return size{}, errNoSize
		}
		return found, nil
	}
}

// pixels reads a length in pixels; 0 for any other.
func pixels(length string) int {
	n, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(length), "px"), 64)
	if err != nil || n < 1 || n > maxSide {
		return 0
	}
	return int(n + .5)
}

// webpSize reads the header of a WebP file (RFC 9649 §2).
func webpSize(head []byte) (size, error) {
	if s := webpHeader(head); s.plausible() {
		return s, nil
	}
	return size{}, errNoSize
}

func webpHeader(head []byte) size {
	if len(head) < 30 || string(head[:4]) != "RIFF" || string(head[8:12]) != "WEBP" {
		return size{}
	}
	le := binary.LittleEndian
	switch string(head[12:16]) {
	case "VP8X": // 24 bits each, less one
		return size{1 + int(le.Uint32(head[24:])&0xffffff), 1 + int(le.Uint32(head[26:])>>8)}
	case "VP8L": // 14 bits each, less one, behind a signature byte
		bits := le.Uint32(head[21:])
		return size{1 + int(bits&0x3fff), 1 + int(bits>>14&0x3fff)}
	case "VP8 ": // 14 bits each, in the key frame's header
		return size{int(le.Uint16(head[26:]) & 0x3fff), int(le.Uint16(head[28:]) & 0x3fff)}
	}
	return size{}
}

// jpegSize reads the size of a JPEG as a browser shows it: a camera that was
// held upright says so beside the picture (Exif 2.32 §4.6.4, Orientation), and
// width and height are exchanged.
func jpegSize(head []byte) (size, error) {
	config, err := jpeg.DecodeConfig(bytes.NewReader(head))
	found := size{config.Width, config.Height}
	if err != nil || !found.plausible() {
		return size{}, errNoSize
	}
	if orientation(head) >= 5 {
		found.width, found.height = found.height, found.width
	}
	return found, nil
}

// orientation finds what a JPEG's Exif data says, 1 to 8; 0 when nothing.
func orientation(head []byte) uint16 {
	for at := 2; at+4 <= len(head) && head[at] == 0xff; {
		length := int(binary.BigEndian.Uint16(head[at+2:]))
		end := at + 2 + length
		if length < 2 || end > len(head) || head[at+1] == 0xda { // the picture itself
			return 0
		}
		if body, ok := bytes.CutPrefix(head[at+4:end], []byte("Exif\x00\x00")); ok && head[at+1] == 0xe1 {
			return tiffOrientation(body)
		}
		at = end
	}
	return 0
}

// tiffOrientation looks for the tag in the first directory (TIFF 6.0 §2).
func tiffOrientation(tiff []byte) uint16 {
	var order binary.ByteOrder = binary.BigEndian
	if bytes.HasPrefix(tiff, []byte("II")) {
		order = binary.LittleEndian
	}
	if len(tiff) < 8 || order.Uint32(tiff[4:]) > uint32(len(tiff)-2) {
		return 0
	}
	directory := tiff[order.Uint32(tiff[4:]):]
	entries := directory[2:]
	for range order.Uint16(directory) {
		if len(entries) < 12 {
			return 0
		}
		if order.Uint16(entries) == 0x0112 {
			return order.Uint16(entries[8:])
		}
		entries = entries[12:]
	}
	return 0
}
