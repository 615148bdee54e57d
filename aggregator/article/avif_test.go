package article

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// The files of testdata/size were written by avifenc 0.11 and cwebp 1.2.
func TestMeasureFiles(t *testing.T) {
	t.Parallel()
	root, err := os.OpenRoot("testdata/size")
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for name, want := range map[string]size{
		"plain.avif": {31, 17}, "alpha.avif": {31, 17}, // the alpha plane is an item of its own
		"rotated.avif": {17, 31},   // a quarter turn
		"grid.avif":    {256, 128}, // the size of the whole, not of a tile
		"lossy.webp":   {31, 17}, "lossless.webp": {31, 17}, "x.webp": {31, 17},
	} {
		if got, err := measure(root, name); got != want || err != nil {
			t.Errorf("%s: %v, %v, want %v", name, got, err, want)
		}
	}
}

func TestAVIFSizeRefuses(t *testing.T) {
	t.Parallel()
	good, err := os.ReadFile("testdata/size/plain.avif")
	if err != nil {
		t.Fatal(err)
	}
	change := func(from, to string) []byte { return bytes.Replace(good, []byte(from), []byte(to), 1) }
	for why, data := range map[string][]byte{
		"nothing":                    nil,
		"another brand":              change("ftypavif", "ftypheic"),
		"no properties":              change("iprp", "free"),
		"no size":                    change("ispe", "free"),
		"no primary item":            change("pitm", "free"),
		"no assignment":              change("ipma", "free"),
		"cut before the properties":  good[:100],
		"a size of nothing":          change("ispe\x00\x00\x00\x00\x00\x00\x00\x1f", "ispe\x00\x00\x00\x00\x00\x00\x00\x00"),
		"a size beyond all pictures": change("ispe\x00\x00\x00\x00\x00\x00\x00\x1f", "ispe\x00\x00\x00\x00\xff\xff\xff\xff"),
	} {
		if got, err := avifSize(data); err == nil {
			t.Errorf("%s: %v", why, got)
		}
	}
}

// FuzzSize feeds damaged pictures: no size is one that a page can't have.
func FuzzSize(f *testing.F) {
	names, err := filepath.Glob("testdata/size/*")
	if err != nil || len(names) == 0 {
		f.Fatalf("no pictures: %v", err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`<svg width="31" height="17"/>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		for name, read := range map[string]func([]byte) (size, error){"avif": avifSize, "webp": webpSize, "svg": svgSize, "exif": jpegSize} {
			got, err := read(data)
			if (err == nil) != got.plausible() || err != nil && got != (size{}) {
				t.Errorf("%s: %v, %v", name, got, err)
			}
		}
	})
}
