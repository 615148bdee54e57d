package codec_test

import (
	"bytes"
	"fmt"
	"sync"
	"testing"

	"tributary/internal/codec"
)

func TestGzip(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, 60_000, 1 << 20} {
		src := prose(size)
		coded := codec.Gzip([]byte("kept"), src, 6)
		if !bytes.HasPrefix(coded, []byte("kept")) {
			t.Fatal("what dst held is gone")
		}
		got, err := decode("gzip", coded[4:], int64(size))
		if err != nil || !bytes.Equal(got, src) {
			t.Errorf("%d bytes came back as %d, %v", size, len(got), err)
		}
	}
}

func TestBrotli(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, 60_000, 300_000} {
		src := prose(size)
		got, err := decode("br", codec.Brotli(src, 9), int64(size))
		if err != nil || !bytes.Equal(got, src) {
			t.Errorf("%d bytes came back as %d, %v", size, len(got), err)
		}
	}
}

func TestGzipHeaderTellsNothing(t *testing.T) {
	t.Parallel()
	// RFC 1952 §2.3: no flags, hence no name; MTIME 0; no particular OS.
	head := codec.Gzip(nil, []byte("x"), 6)[:10]
	if want := []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255}; !bytes.Equal(head, want) {
		t.Errorf("header % x, want % x", head, want)
	}
}

func TestEncodersAreDeterministic(t *testing.T) {
	t.Parallel()
	src := prose(100_000)
	gz, br := codec.Gzip(nil, src, 6), codec.Brotli(src, 9)
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			codec.Gzip(nil, prose(i*1000), 6) // leaves its traces in a pooled writer
			if !bytes.Equal(codec.Gzip(nil, src, 6), gz) {
				t.Error("gzip gave other bytes")
			}
		})
	}
	group.Go(func() {
		if !bytes.Equal(codec.Brotli(src, 9), br) {
			t.Error("brotli gave other bytes")
		}
	})
	group.Wait()
}

func TestEncodersRefuseLevels(t *testing.T) {
	t.Parallel()
	for name, call := range map[string]func(){
		"gzip 0":    func() { codec.Gzip(nil, nil, 0) },
		"gzip 10":   func() { codec.Gzip(nil, nil, 10) },
		"brotli -1": func() { codec.Brotli(nil, -1) },
		"brotli 12": func() { codec.Brotli(nil, 12) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			call()
		}()
	}
}

func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte(nil))
	f.Add([]byte("feed"))
	f.Add(prose(3000))
	f.Fuzz(func(t *testing.T, src []byte) {
		for coding, coded := range map[string][]byte{
			"gzip": codec.Gzip(nil, src, 6),
			"br":   codec.Brotli(src, 9),
		} {
			got, err := decode(coding, coded, int64(len(src)))
			if err != nil || !bytes.Equal(got, src) {
				t.Fatalf("%s: %d bytes came back as %d, %v", coding, len(src), len(got), err)
			}
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	src := prose(60_000)
	b.Run("gzip6", func(b *testing.B) {
		b.ReportAllocs()
		var dst []byte
		for b.Loop() {
			dst = codec.Gzip(dst[:0], src, 6)
		}
	})
	b.Run("brotli9", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			codec.Brotli(src, 9)
		}
	})
}

func ExampleNegotiate() {
	fmt.Println(codec.Negotiate("gzip, deflate, br", "br", "gzip"))
	fmt.Println(codec.Negotiate("br;q=0.5, gzip;q=0.8", "br", "gzip"))
	// Output:
	// br
	// gzip
}
