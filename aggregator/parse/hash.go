package parse

import (
	"time"

	"tributary/internal/news"
)

// hashEntry gives the RawHash of an entry: 64-bit FNV-1a over all its fields.
// The hash is stored, so it must be the same in every process and release,
// which rules out hash/maphash; hash/fnv would copy every string.
func hashEntry(e *news.Entry) uint64 {
	h := fnvOffset
	h.strings(e.ID, e.Base, e.Link)
	for _, t := range [...]*news.Text{&e.Title, &e.Summary, &e.Content, &e.Rights} {
		h.strings(t.Value, string(t.Type), t.Base)
	}
	h.strings(e.Language, e.Comments, e.Image)
	h.time(e.Published)
	h.time(e.Updated)
	h.int(len(e.Authors))
	for _, p := range e.Authors {
		h.strings(p.Name, p.Email, p.URL)
	}
	h.int(len(e.Categories))
	h.strings(e.Categories...)
	h.int(len(e.Enclosures))
	for _, f := range e.Enclosures {
		h.strings(f.URL, f.Type)
		h.uint64(uint64(f.Length))
		if f.Duration != 0 || f.Episode != (news.Episode{}) { // else the hash is what it was before there were these
			h.uint64(uint64(f.Duration))
			h.int(f.Episode.Number)
			h.int(f.Episode.Season)
			h.strings(f.Episode.Kind, f.Episode.Explicit)
		}
	}
	if o := e.Origin; o != nil {
		h.strings(o.Title, o.ID, o.Link)
	}
	return uint64(h)
}

// fnv1a is a running hash. Every value is written with its length or in a
// fixed width, so no two lists of fields give the same bytes.
type fnv1a uint64

const (
	fnvOffset fnv1a = 14695981039346656037
	fnvPrime  fnv1a = 1099511628211
)

func (h *fnv1a) strings(list ...string) {
	for _, s := range list {
		h.int(len(s))
		sum := *h
		for i := range len(s) {
			sum = (sum ^ fnv1a(s[i])) * fnvPrime
		}
		*h = sum
	}
}

func (h *fnv1a) uint64(n uint64) {
	for range 8 {
		*h = (*h ^ fnv1a(n&0xff)) * fnvPrime
		n >>= 8
	}
}

func (h *fnv1a) int(n int) { h.uint64(uint64(n)) }

func (h *fnv1a) time(t time.Time) {
	h.uint64(uint64(t.Unix()))
	h.int(t.Nanosecond())
}
