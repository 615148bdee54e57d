package normalize

import "tributary/internal/news"

// sum is a 64-bit FNV-1a hash over a sequence of strings, each with its end
// marked, so that "ab", "c" and "a", "bc" differ. Sums are stored: they must
// never change.
type sum uint64

const (
	fnvOffset sum = 0xcbf29ce484222325
	fnvPrime  sum = 0x100000001b3
)

func (h *sum) add(parts ...string) {
	x := *h
	for _, s := range parts {
		for i := range len(s) {
			x = (x ^ sum(s[i])) * fnvPrime
		}
		x = (x ^ 0xff) * fnvPrime // no byte of UTF-8
	}
	*h = x
}

func (h *sum) number(n int64) {
	for shift := 0; shift < 64; shift += 8 {
		*h = (*h ^ sum(byte(n>>shift))) * fnvPrime
	}
}

// contentHash is what tells a changed story from an unchanged one.
func contentHash(s *news.Story) uint64 {
	h := fnvOffset
	h.add(s.Title, s.Link, s.Content, s.Summary, s.Image, s.Comments, s.Rights, s.Language)
	if s.Origin != nil {
		h.add(s.Origin.Title, s.Origin.ID, s.Origin.Link)
	}
	h.number(int64(len(s.Authors)))
	for _, a := range s.Authors {
		h.add(a.Name, a.Email, a.URL)
	}
	h.number(int64(len(s.Categories)))
	h.add(s.Categories...)
	for _, e := range s.Enclosures {
		h.add(e.URL, e.Type)
		h.number(e.Length)
		if e.Duration != 0 || e.Episode != (news.Episode{}) { // else the hash is what it was before there were these
			h.number(e.Duration)
			h.number(int64(e.Episode.Number))
			h.number(int64(e.Episode.Season))
			h.add(e.Episode.Kind, e.Episode.Explicit)
		}
	}
	return uint64(h)
}

// looksHash covers what an operator or a newer version may change about the
// stories of a source while the source itself stays the same.
func looksHash(s *news.Source) uint64 {
	h := fnvOffset
	h.number(PolicyVersion)
	h.add(string(s.Content), string(s.Images), s.Author, s.Site)
	h.add(s.Embeds...)
	return uint64(h)
}

// rawHash is equal for equal entries under equal settings; zero when the
// entry's is unknown.
func (w *writer) rawHash(e *news.Entry) uint64 {
	if e.RawHash == 0 {
		return 0
	}
	return e.RawHash ^ w.looks
}

// entryHash stands for an entry as it came, where its id does not.
func entryHash(e *news.Entry) uint64 {
	h := fnvOffset
	h.add(e.Title.Value, e.Content.Value)
	if e.Content.IsZero() {
		h.add(e.Summary.Value)
	}
	return uint64(h)
}
