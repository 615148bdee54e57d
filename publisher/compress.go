package publisher

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"strings"

	"tributary/internal/codec"
)

// gzip 6 costs a third of a millisecond for a feed and is made at once; brotli
// 9 is made in the background, and 11 would take seconds.
const (
	gzipLevel     = 6
	brotliQuality = 9
)

// minCompress is the size from which a body is worth compressing: below it the
// headers weigh more than what is saved.
const minCompress = 512

// compressible reports whether a body is text that may become smaller. Images,
// sound and archives are compressed already.
func compressible(draft *Draft) bool {
	if len(draft.Body) < minCompress {
		return false
	}
	mediaType, _, _ := strings.Cut(draft.ContentType, ";")
	switch mediaType {
	case "application/json", "application/xml", "application/javascript", "image/svg+xml", "image/bmp", "image/x-icon":
		return true
	}
	return strings.HasPrefix(mediaType, "text/") ||
		strings.HasSuffix(mediaType, "+xml") || strings.HasSuffix(mediaType, "+json")
}

func gzipped(body []byte) []byte {
	return smaller(codec.Gzip(nil, body, gzipLevel), body)
}

func brotlied(body []byte) []byte {
	return smaller(codec.Brotli(body, brotliQuality), body)
}

// smaller gives coded if sending it instead of body saves anything, else nil.
func smaller(coded, body []byte) []byte {
	if len(coded) >= len(body) {
		return nil
	}
	return bytes.Clone(coded) // without the spare room of its buffer: it is kept for long
}

const (
	// maxBrotli is the size up to which a body gets a brotli variant: a large
	// file beside an article would hold up the feeds behind it for seconds.
	maxBrotli = 1 << 20
	// brotliBatch is how many brotli variants are swapped in together.
	brotliBatch = 16
)

// compress makes the brotli variants of new renditions until ctx ends.
func (p *Publisher) compress(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.untried:
		}
		for batch := range slices.Chunk(p.withoutBrotli(), brotliBatch) {
			p.addBrotli(ctx, batch)
		}
	}
}

// withoutBrotli gives the renditions that still need it, feeds first: they are
// asked for most.
func (p *Publisher) withoutBrotli() []*Rendition {
	var list []*Rendition
	for _, r := range *p.table.Load() {
		if r.untried {
			list = append(list, r)
		}
	}
	slices.SortFunc(list, feedsFirst)
	return list
}

func feedsFirst(a, b *Rendition) int {
	if (a.Kind == KindFeed) != (b.Kind == KindFeed) {
		if a.Kind == KindFeed {
			return -1
		}
		return 1
	}
	return strings.Compare(a.Path, b.Path)
}

// addBrotli makes variants and swaps them in, but for renditions that were
// replaced meanwhile.
func (p *Publisher) addBrotli(ctx context.Context, batch []*Rendition) {
	done := make([]*Rendition, 0, len(batch))
	for _, r := range batch {
		if ctx.Err() != nil {
			return
		}
		var coded []byte
		if p.Lookup(r.Path) == r && len(r.Body) <= maxBrotli {
			coded = brotlied(r.Body)
		}
		done = append(done, r.WithBrotli(coded))
	}
	p.swap.Lock()
	defer p.swap.Unlock()
	next := maps.Clone(*p.table.Load())
	for i, r := range batch {
		if next[r.Path] == r {
			next[r.Path] = done[i]
		}
	}
	p.table.Store(&next)
	signal(p.keeper.unkept)
}
