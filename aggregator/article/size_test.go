package article

import (
	"bytes"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tributary/internal/news"
)

// encoded makes a picture of 31 by 17 pixels.
func encoded(t *testing.T, encode func(*bytes.Buffer, image.Image) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := encode(&b, image.NewGray(image.Rect(0, 0, 31, 17))); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// exif makes a JPEG with what a camera says of it.
func exif(t *testing.T, tiff string) string {
	t.Helper()
	plain := encoded(t, func(b *bytes.Buffer, i image.Image) error { return jpeg.Encode(b, i, nil) })
	body := "Exif\x00\x00" + tiff
	return plain[:2] + "\xff\xe1" + string([]byte{0, byte(len(body) + 2)}) + body + plain[2:]
}

func webp(kind, body string) string {
	return "RIFF\x00\x00\x00\x00WEBP" + kind + "\x00\x00\x00\x00" + body + strings.Repeat("\x00", 10)
}

func TestMeasure(t *testing.T) {
	t.Parallel()
	known := size{31, 17}
	dir := t.TempDir()
	for name, tt := range map[string]struct {
		data string
		want size
	}{
		"a.png":  {encoded(t, func(b *bytes.Buffer, i image.Image) error { return png.Encode(b, i) }), known},
		"a.jpg":  {encoded(t, func(b *bytes.Buffer, i image.Image) error { return jpeg.Encode(b, i, nil) }), known},
		"a.JPEG": {encoded(t, func(b *bytes.Buffer, i image.Image) error { return jpeg.Encode(b, i, nil) }), known},
		// A camera that was held upright.
		"turned.jpg":  {exif(t, "MM\x00\x2a\x00\x00\x00\x08\x00\x02\x01\x00\x00\x03\x00\x00\x00\x01\x00\x09\x00\x00\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00"), size{17, 31}},
		"little.jpg":  {exif(t, "II\x2a\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x08\x00\x00\x00"), size{17, 31}},
		"upright.jpg": {exif(t, "II\x2a\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x03\x00\x00\x00"), known},
		"torn.jpg":    {exif(t, "II\x2a\x00\xff\xff\xff\xff"), known},
		"a.gif":       {encoded(t, func(b *bytes.Buffer, i image.Image) error { return gif.Encode(b, i, nil) }), known},
		// What a decoder reads counts, not the name.
		"gif.png":      {encoded(t, func(b *bytes.Buffer, i image.Image) error { return gif.Encode(b, i, nil) }), known},
		"x.webp":       {webp("VP8X", "\x00\x00\x00\x00\x1e\x00\x00\x10\x00\x00"), known},
		"l.webp":       {webp("VP8L", "\x2f\x1e\x00\x04\x00"), known},
		"y.webp":       {webp("VP8 ", "\x00\x00\x00\x9d\x01\x2a\x1f\x00\x11\x00"), known},
		"short.webp":   {"RIFF", size{}},
		"a.svg":        {`<?xml version="1.0"?><!-- x --><svg width="31" height="17px" viewBox="0 0 1 1"/>`, known},
		"box.svg":      {`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 31,17"><g/></svg>`, known},
		"percent.svg":  {`<svg width="100%" height="100%" viewBox="0 0 31 17">`, known},
		"nothing.svg":  {`<svg/>`, size{}},
		"broken.svg":   {`<`, size{}},
		"text.png":     {"not a picture", size{}},
		"enormous.svg": {`<svg width="1e99" height="1"/>`, size{}},
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(tt.data), 0o644); err != nil {
			t.Fatal(err)
		}
		root, err := os.OpenRoot(dir)
		if err != nil {
			t.Fatal(err)
		}
		got, err := measure(root, name)
		if got != tt.want || (err == nil) != (tt.want != size{}) {
			t.Errorf("%s: %v, %v, want %v", name, got, err, tt.want)
		}
		root.Close()
	}
}

// A picture has its size in the article; what its author says goes first, and
// a picture from elsewhere is not looked at.
func TestPicturesHaveTheirSize(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	picture := encoded(t, func(b *bytes.Buffer, i image.Image) error { return png.Encode(b, i) })
	for name, data := range map[string]string{
		"sub/a pic.png": picture,
		"sub/post.md": "---\ndate: 2026-01-02\n---\n![one](<a pic.png>)\n\n" +
			`<img src="a%20pic.png" width=10 loading="eager" alt="two"> <img src="https://other.example/news/articles/sub/a%20pic.png" alt="three">`,
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	result, err := Load(dir, Options{Now: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), Site: news.Site{URL: "https://example.org/news"}})
	if err != nil || len(result.Batch.Stories) != 1 {
		t.Fatalf("%+v, %v", result, err)
	}
	content := result.Batch.Stories[0].Content
	for _, want := range []string{
		`alt="one" width="31" height="17" loading="lazy"`, `width="10" loading="eager" alt="two">`, `alt="three" loading="lazy">`,
	} {
		if !strings.Contains(content, want) {
			t.Errorf("no %s in\n%s", want, content)
		}
	}
}
