package codec_test

import (
	"slices"
	"testing"

	"tributary/internal/codec"
)

func TestNegotiate(t *testing.T) {
	t.Parallel()
	both := []string{"br", "gzip"}
	for _, row := range []struct {
		header    string
		available []string
		want      string
		reason    string
	}{
		{"", both, "", "no header, or an empty one"},
		{"gzip", both, "gzip", "the only one wanted"},
		{"gzip", nil, "", "nothing is ready"},
		{"gzip, br", both, "br", "a tie goes to the server's order"},
		{"GZIP", both, "gzip", "names ignore case"},
		{"x-gzip", both, "gzip", "an alias (RFC 9110 §8.4.1.3)"},
		{"deflate", both, "", "what isn't ready isn't sent"},
		{"gzip;q=0", both, "", "q=0 forbids"},
		{"gzip;q=0, br", both, "br", "q=0 forbids that one only"},
		{"br;q=0.5, gzip;q=0.8", both, "gzip", "the higher weight wins over our order"},
		{"br ; q=0.8 , gzip ; Q=0.799", both, "br", "white space, case, thousandths"},
		{"*", both, "br", "anything goes"},
		{"*;q=0", both, "", "nothing goes"},
		{"br;q=0, *", both, "gzip", "the star speaks for the rest only"},
		{"*;q=0, gzip", both, "gzip", "a name beats the star"},
		{"gzip;q=0.5, *;q=0.9", both, "br", "the star's weight counts"},
		{"identity", both, "", "only identity is named"},
		{"identity;q=0", both, "", "no coding is named: disregarded"},
		{"identity;q=0, gzip", both, "gzip", "no identity, gzip then"},
		{"identity;q=0, *;q=0", both, "", "everything forbidden: disregarded"},
		{"identity, gzip;q=0.5", both, "", "identity named with more weight"},
		{"identity, gzip", both, "gzip", "a tie goes to the coding"},
		{"identity;q=0.5, *;q=0.9", both, "br", "star over identity"},
		{"gzip;q=2", both, "", "a weight over 1 can't be read"},
		{"gzip;q=0.1234", both, "", "four decimals can't be read"},
		{"gzip;q=", both, "", "no weight"},
		{"gzip;q=1.001", both, "", "over 1"},
		{"gzip;q=-1", both, "", "negative"},
		{"gzip;level=6", both, "", "codings have no other parameter"},
		{"gzip;q=1.000", both, "gzip", "three decimals"},
		{"gzip;q=0.", both, "", "the grammar allows the lone dot: zero"},
		{",,gzip,", both, "gzip", "empty list members (RFC 9110 §5.6.1)"},
		{"gzippy, brr", both, "", "prefixes are other codings"},
	} {
		if got := codec.Negotiate(row.header, row.available...); got != row.want {
			t.Errorf("Negotiate(%q, %v) = %q, want %q: %s", row.header, row.available, got, row.want, row.reason)
		}
	}
}

func FuzzNegotiate(f *testing.F) {
	f.Add("gzip;q=0.5, br")
	f.Add("*;q=0,identity;q=0")
	f.Fuzz(func(t *testing.T, header string) {
		got := codec.Negotiate(header, "br", "gzip")
		if got != "" && !slices.Contains([]string{"br", "gzip"}, got) {
			t.Fatalf("invented %q", got)
		}
	})
}

func BenchmarkNegotiate(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		codec.Negotiate("gzip, deflate, br, zstd", "br", "gzip")
	}
}
