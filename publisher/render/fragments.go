package render

import (
	"encoding/binary"
	"hash/maphash"
	"time"

	"tributary/internal/news"
)

// fragments are the items of a document as they stand in its bytes, by what
// they were rendered from: an item that is the same the next time needs no
// rendering.
type fragments map[fragmentKey][]byte

// fragmentKey is all that a fragment depends on.
type fragmentKey struct {
	sum  uint64 // see sumOf
	rank int    // see Format.ranks
}

// seed is one for the process: sums are compared within it only.
var seed = maphash.MakeSeed()

// sumOf gives 64 bits over all that the fragments of an item depend on, its
// rank aside: the item, the scope and nothing else. Two that differ have the
// same sum once in 2⁶⁴.
func sumOf(item *news.Item, scope scope) uint64 {
	h := hasher{}
	h.SetSeed(seed)
	h.texts(string(scope.mode), scope.language, scope.site)
	h.story(&item.Story)
	h.source(&item.From)
	h.number(int64(len(item.AlsoIn)))
	for _, c := range item.AlsoIn {
		h.texts(c.Title, c.Link)
	}
	return h.Sum64()
}

// hasher writes values so that no two lists of values look the same.
type hasher struct{ maphash.Hash }

func (h *hasher) number(n int64) {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], uint64(n))
	_, _ = h.Write(b[:])
}

func (h *hasher) texts(list ...string) {
	for _, s := range list {
		h.number(int64(len(s)))
		_, _ = h.WriteString(s)
	}
}

func (h *hasher) list(list []string) {
	h.number(int64(len(list)))
	h.texts(list...)
}

func (h *hasher) time(t time.Time) {
	h.number(t.Unix())
	h.number(int64(t.Nanosecond()))
}

// story leaves out what no format tells: keys, hashes, how it was dated.
func (h *hasher) story(s *news.Story) {
	h.texts(s.PublicID, s.Title, s.Link, s.Summary, s.Content, s.Excerpt, s.Language, s.Rights, s.Comments, s.Image)
	h.number(int64(len(s.Authors)))
	for _, p := range s.Authors {
		h.texts(p.Name, p.Email, p.URL)
	}
	h.list(s.Categories)
	h.number(int64(len(s.Enclosures)))
	for _, e := range s.Enclosures {
		h.texts(e.URL, e.Type)
		h.number(e.Length)
		h.number(e.Duration)
		h.number(int64(e.Episode.Number))
		h.number(int64(e.Episode.Season))
		h.texts(e.Episode.Kind, e.Episode.Explicit)
	}
	h.time(s.Date)
	h.time(s.Changed)
}

func (h *hasher) source(s *news.SourceInfo) {
	h.texts(s.Name, s.Title, s.Site, s.URL, s.ID, s.Image, s.Author, s.Rights, string(s.Content))
	h.time(s.Updated)
	if s.Local {
		h.number(1)
	}
}
