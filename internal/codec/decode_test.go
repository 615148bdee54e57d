package codec_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"

	"tributary/internal/codec"
)

// encoders make each coding with the library's writer, by the name of the
// coding; deflate's second flavor is "raw".
var encoders = map[string]func(w io.Writer) io.WriteCloser{
	"gzip":    func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
	"deflate": func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) },
	"raw": func(w io.Writer) io.WriteCloser {
		z, _ := flate.NewWriter(w, 6)
		return z
	},
	"br": func(w io.Writer) io.WriteCloser { return brotli.NewWriterLevel(w, 5) },
	"zstd": func(w io.Writer) io.WriteCloser {
		z, _ := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
		return z
	},
}

// codingName is the token for an encoder.
func codingName(encoder string) string {
	if encoder == "raw" {
		return "deflate"
	}
	return encoder
}

func encode(tb testing.TB, encoder string, data []byte) []byte {
	tb.Helper()
	var out bytes.Buffer
	w := encoders[encoder](&out)
	if _, err := w.Write(data); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

// decode reads everything and closes the reader.
func decode(encoding string, data []byte, limit int64) ([]byte, error) {
	r, err := codec.Decode(encoding, bytes.NewReader(data), limit)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// prose is compressible text that isn't one repeated byte.
func prose(size int) []byte {
	random := rand.New(rand.NewPCG(1, 2))
	var b bytes.Buffer
	for b.Len() < size {
		fmt.Fprintf(&b, "<item><title>Story %d</title></item>\n", random.IntN(1000))
	}
	return b.Bytes()[:size]
}

func TestDecodeRoundTrip(t *testing.T) {
	t.Parallel()
	for encoder := range encoders {
		for _, size := range []int{0, 1, 2, 100, 70_000, 1 << 20} {
			t.Run(fmt.Sprint(encoder, "/", size), func(t *testing.T) {
				t.Parallel()
				want := prose(size)
				for range 3 { // the later ones use pooled decoders
					got, err := decode(codingName(encoder), encode(t, encoder, want), int64(size))
					if err != nil || !bytes.Equal(got, want) {
						t.Fatalf("%d bytes, %v; want %d", len(got), err, size)
					}
				}
			})
		}
	}
}

func TestDecodeNames(t *testing.T) {
	t.Parallel()
	text := []byte("some feed")
	gz := encode(t, "gzip", text)
	for _, row := range []struct {
		encoding string
		data     []byte
		want     error
		reason   string
	}{
		{"", text, nil, "no header"},
		{"identity", text, nil, "a coding that does nothing"},
		{" , ", text, nil, "empty members count for nothing"},
		{"GZip", gz, nil, "names ignore case"},
		{"x-gzip", gz, nil, "an alias"},
		{"identity, gzip", gz, nil, "identity below gzip"},
		{"br, gzip", encode(t, "gzip", encode(t, "br", text)), nil, "two layers, the last undone first"},
		{"gzip,zstd", encode(t, "zstd", gz), nil, "two layers"},
		{"gzip", nil, nil, "an empty body, whatever its coding"},
		{"zstd", nil, nil, "an empty body, whatever its coding"},
		{"gzip, gzip, gzip", gz, codec.ErrLimit, "three layers"},
		{"compress", gz, codec.ErrUnknown, "LZW is not read"},
		{"utf-8", text, codec.ErrUnknown, "a charset in the wrong header"},
	} {
		got, err := decode(row.encoding, row.data, 1<<20)
		if !errors.Is(err, row.want) {
			t.Errorf("%q: %v, want %v (%s)", row.encoding, err, row.want, row.reason)
		}
		if row.want == nil && len(row.data) > 0 && !bytes.Equal(got, text) {
			t.Errorf("%q: got %q (%s)", row.encoding, got, row.reason)
		}
	}
}

func TestDecodeTruncated(t *testing.T) {
	t.Parallel()
	for encoder := range encoders {
		whole := encode(t, encoder, prose(5000))
		for _, cut := range []int{1, 2, 5, len(whole) / 2, len(whole) - 1} {
			if _, err := decode(codingName(encoder), whole[:cut], 1<<20); !errors.Is(err, codec.ErrBroken) {
				t.Errorf("%s cut at %d of %d: %v, want ErrBroken", encoder, cut, len(whole), err)
			}
		}
	}
}

func TestDecodeCorrupt(t *testing.T) {
	t.Parallel()
	for encoder := range encoders {
		data := bytes.Repeat([]byte{0xff, 0xfe, 0x3c, 0x00}, 100)
		if _, err := decode(codingName(encoder), data, 1<<20); !errors.Is(err, codec.ErrBroken) {
			t.Errorf("%s: %v, want ErrBroken", encoder, err)
		}
		// A decoder that failed must work again for the next source.
		if got, err := decode(codingName(encoder), encode(t, encoder, []byte("next")), 100); string(got) != "next" {
			t.Errorf("%s after a failure: %q, %v", encoder, got, err)
		}
	}
}

func TestDecodeGzipMembers(t *testing.T) {
	t.Parallel()
	one, two := encode(t, "gzip", []byte("one ")), encode(t, "gzip", []byte("two"))
	for _, row := range []struct {
		data   []byte
		want   string
		reason string
	}{
		{slicesConcat(one, two), "one two", "members are concatenated (RFC 1952 §2.2)"},
		{slicesConcat(one, make([]byte, 512)), "one ", "padding"},
		{slicesConcat(one, []byte("<!-- cached -->")), "one ", "what a cache appended"},
		{slicesConcat(one, []byte{0x1f}), "one ", "half a magic number"},
	} {
		if got, err := decode("gzip", row.data, 100); string(got) != row.want || err != nil {
			t.Errorf("got %q, %v; want %q (%s)", got, err, row.want, row.reason)
		}
	}
	if _, err := decode("gzip", slicesConcat(one, two[:12]), 100); !errors.Is(err, codec.ErrBroken) {
		t.Errorf("second member cut: %v, want ErrBroken", err)
	}
}

func slicesConcat(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func TestDecodeLimit(t *testing.T) {
	t.Parallel()
	for encoder := range encoders {
		data := encode(t, encoder, prose(1000))
		if got, err := decode(codingName(encoder), data, 1000); err != nil || len(got) != 1000 {
			t.Errorf("%s at its limit: %d bytes, %v", encoder, len(got), err)
		}
		got, err := decode(codingName(encoder), data, 999)
		if limit, ok := errors.AsType[*codec.LimitError](err); !ok || limit.Limit != 999 || len(got) != 999 {
			t.Errorf("%s over its limit: %d bytes, %v", encoder, len(got), err)
		}
	}
	if got, err := decode("", make([]byte, 11), 10); !errors.Is(err, codec.ErrLimit) || len(got) != 10 {
		t.Errorf("identity over its limit: %d bytes, %v", len(got), err)
	}
}

func TestDecodeBombs(t *testing.T) {
	t.Parallel()
	zeros := make([]byte, 16<<20)
	for encoder := range encoders {
		t.Run(encoder, func(t *testing.T) {
			t.Parallel()
			bomb := encode(t, encoder, zeros)
			got, err := decode(codingName(encoder), bomb, 1<<20)
			if !errors.Is(err, codec.ErrLimit) || len(got) != 1<<20 {
				t.Errorf("bomb of %d bytes: %d bytes out, %v", len(bomb), len(got), err)
			}
			nested := encode(t, "gzip", bomb)
			got, err = decode(codingName(encoder)+", gzip", nested, 1<<20)
			if !errors.Is(err, codec.ErrLimit) || len(got) > 1<<20 {
				t.Errorf("nested bomb: %d bytes out, %v", len(got), err)
			}
		})
	}
}

func TestDecodeInnerLayerIsLimited(t *testing.T) {
	t.Parallel()
	// The body is small; what lies between the two layers is not.
	between := slicesConcat(encode(t, "gzip", []byte("small")), make([]byte, 8<<20))
	members := encode(t, "gzip", nil)
	for name, inner := range map[string][]byte{
		"padding":       between,
		"empty members": bytes.Repeat(members, 4<<20/len(members)),
	} {
		got, err := decode("gzip, gzip", encode(t, "gzip", inner), 1<<20)
		if name == "padding" {
			if string(got) != "small" || err != nil {
				t.Errorf("padding is never read: %q, %v", got, err)
			}
			continue
		}
		if !errors.Is(err, codec.ErrLimit) {
			t.Errorf("%s: %d bytes, %v; want ErrLimit", name, len(got), err)
		}
	}
}

// endless repeats a piece for ever.
type endless struct {
	piece []byte
	at    int
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.piece[e.at:])
	e.at = (e.at + n) % len(e.piece)
	return n, nil
}

func TestDecodeInputWithoutOutput(t *testing.T) {
	t.Parallel()
	for name, piece := range map[string][]byte{
		"gzip":    encode(t, "gzip", nil),
		"deflate": {0, 0, 0, 0xff, 0xff}, // an empty stored block, not the last
		"zstd":    {0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 0},
		"br":      {0x0e, 0x06, 0x00}, // metadata blocks that hold nothing
	} {
		r, err := codec.Decode(name, &endless{piece: piece}, 1<<16)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); err == nil || len(got) > 1<<16 {
			t.Errorf("%s: %d bytes without an error", name, len(got))
		} else if name != "br" && !errors.Is(err, codec.ErrLimit) {
			t.Errorf("%s: %v, want ErrLimit", name, err)
		}
		r.Close()
	}
}

func TestDecodeZstdWindow(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		window int
		want   error
	}{{8 << 20, nil}, {16 << 20, codec.ErrBroken}} {
		var out bytes.Buffer
		w, err := zstd.NewWriter(&out, zstd.WithWindowSize(row.window), zstd.WithSingleSegment(false))
		if err != nil {
			t.Fatal(err)
		}
		// Two writes, so that the frame's size isn't known when it starts.
		for range 2 {
			if _, err := w.Write(prose(9 << 20)); err != nil {
				t.Fatal(err)
			}
		}
		w.Close()
		if _, err := decode("zstd", out.Bytes(), 32<<20); !errors.Is(err, row.want) {
			t.Errorf("window of %d: %v, want %v", row.window, err, row.want)
		}
	}
}

var errWire = errors.New("connection lost")

func TestDecodeKeepsSourceErrors(t *testing.T) {
	t.Parallel()
	for encoder := range encoders {
		half := encode(t, encoder, prose(50_000))
		half = half[:len(half)/2]
		src := io.MultiReader(bytes.NewReader(half), iotest.ErrReader(errWire))
		r, err := codec.Decode(codingName(encoder), src, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.ReadAll(r)
		if !errors.Is(err, errWire) || errors.Is(err, codec.ErrBroken) {
			t.Errorf("%s: %v, want the source's own error", encoder, err)
		}
		r.Close()
	}
}

func TestReaderAfterClose(t *testing.T) {
	t.Parallel()
	r, err := codec.Decode("gzip", bytes.NewReader(encode(t, "gzip", []byte("x"))), 10)
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	r.Close() // twice is legal
	if _, err := r.Read(make([]byte, 1)); err == nil {
		t.Error("a closed reader still reads")
	}
}

func FuzzDecode(f *testing.F) {
	for encoder := range encoders {
		f.Add(codingName(encoder), encode(f, encoder, prose(300)), int64(200))
		f.Add(codingName(encoder)+",gzip", encode(f, encoder, prose(30)), int64(0))
	}
	f.Fuzz(func(t *testing.T, encoding string, data []byte, limit int64) {
		limit = min(max(limit, 0), 1<<16)
		got, err := decode(encoding, data, limit)
		if int64(len(got)) > limit {
			t.Fatalf("%d bytes with a limit of %d", len(got), limit)
		}
		if err != nil && !errors.Is(err, codec.ErrLimit) && !errors.Is(err, codec.ErrBroken) && !errors.Is(err, codec.ErrUnknown) {
			t.Fatalf("untyped error %v", err)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	data := prose(30_000)
	for encoder := range encoders {
		coded := encode(b, encoder, data)
		b.Run(encoder, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(data)))
			buffer := make([]byte, 32<<10)
			for b.Loop() {
				r, err := codec.Decode(codingName(encoder), bytes.NewReader(coded), 1<<20)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := io.ReadFull(r, buffer); !errors.Is(err, io.ErrUnexpectedEOF) {
					b.Fatal(err)
				}
				r.Close()
			}
		})
	}
}

func ExampleDecode() {
	body := codec.Gzip(nil, []byte("<rss/>"), 6)
	r, err := codec.Decode("gzip", bytes.NewReader(body), 16<<20)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Close()
	var text strings.Builder
	_, err = io.Copy(&text, r)
	fmt.Println(text.String(), err)
	// Output: <rss/> <nil>
}
