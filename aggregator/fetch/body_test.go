package fetch

import (
	"bytes"
	"strings"
	"testing"
)

func TestReadAllGrows(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		size, said, limit int64
		most              int // capacity at the end
		reason            string
	}{
		{100, -1, 16 << 20, keepSize, "a small body fits a pooled buffer"},
		{3 << 20, -1, 16 << 20, 4 << 20, "doubled from 32 KiB on"},
		{10 << 20, -1, 16 << 20, 16<<20 + 1, "no more than can ever be read"},
		{16 << 20, 1 << 40, 16 << 20, 16<<20 + 1, "whatever length was said"},
	} {
		body := strings.Repeat("x", int(row.size))
		b, err := readAll(strings.NewReader(body), row.said, row.limit)
		if err != nil || !bytes.Equal(b.data, []byte(body)) {
			t.Errorf("%s: %d bytes, %v", row.reason, len(b.data), err)
			continue
		}
		if cap(b.data) > row.most {
			t.Errorf("%s: capacity %d, want at most %d", row.reason, cap(b.data), row.most)
		}
		b.release()
	}
}
