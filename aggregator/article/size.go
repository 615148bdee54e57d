package article

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"image"
	_ "image/gif"  // to be decoded by image
	_ "image/jpeg" // likewise
	_ "image/png"  // likewise
	"io"
	"os"
	"path"
	"strconv"
	"strings"
)

// size is that of a picture in CSS pixels.
type size struct{ width, height int }

// maxHead is how much of a picture is read for its size, in bytes. The size
// of a JPEG stands behind what a camera says of it.
const maxHead = 256 << 10

// errNoSize is that of a file whose size can't be told.
var errNoSize = errors.New("no picture whose size is known")

// measure gives the size of a picture in the folder: of PNG, JPEG, GIF, WebP
// and SVG.
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
	if err != nil || n < 1 || n > 100_000 {
		return 0
	}
	return int(n + .5)
}

// webpSize reads the header of a WebP file (RFC 9649 §2).
func webpSize(head []byte) (size, error) {
	if len(head) < 30 || string(head[:4]) != "RIFF" || string(head[8:12]) != "WEBP" {
		return size{}, errNoSize
	}
	le := binary.LittleEndian
	switch string(head[12:16]) {
	case "VP8X": // 24 bits each, less one
		return size{1 + int(le.Uint32(head[24:])&0xffffff), 1 + int(le.Uint32(head[26:])>>8)}, nil
	case "VP8L": // 14 bits each, less one, behind a signature byte
		bits := le.Uint32(head[21:])
		return size{1 + int(bits&0x3fff), 1 + int(bits>>14&0x3fff)}, nil
	case "VP8 ": // 14 bits each, in the key frame's header
		return size{int(le.Uint16(head[26:]) & 0x3fff), int(le.Uint16(head[28:]) & 0x3fff)}, nil
	}
	return size{}, errNoSize
}
