package article

import (
	"encoding/binary"
	"fmt"
	"hash"
	"hash/fnv"
	"html"
	"io"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"tributary/internal/news"
)

// story renders one article.
func (l *loader) story(d *draft) (news.Story, error) {
	m := d.meta
	body, err := l.markdown.render(m.slug, m.title, d.front.body)
	if err != nil {
		return news.Story{}, err
	}
	resolve := func(ref string) string { return l.resolveIn(d, ref) }
	done := finish(body.html, resolve, l.sizeOf)
	if len(done.html) > maxContent {
		return news.Story{}, fmt.Errorf("makes %d bytes of HTML, more than %d: split it", len(done.html), maxContent)
	}
	link := l.link(m.slug)
	story := news.Story{
		ID:          m.slug,
		PublicID:    publicID(l.base.Hostname(), m.date, m.slug),
		Canonical:   link,
		Title:       title(d.source.path, m, body.heading),
		Link:        link,
		Content:     strings.TrimSpace(done.html),
		Excerpt:     excerpt(firstOf(m.summary, done.prose, done.text)),
		Words:       countWords(done.text),
		Language:    m.language,
		Image:       done.image,
		Authors:     m.authors,
		Categories:  m.tags,
		Published:   m.date.UTC(),
		Local:       true,
		Slug:        m.slug,
		FormerSlugs: m.aliases,
		Original:    true,
	}
	if m.summary != "" {
		story.Summary = "<p>" + html.EscapeString(m.summary) + "</p>"
	}
	if m.image != "" {
		story.Image = resolve(m.image)
	}
	if !m.updated.IsZero() {
		story.Updated = m.updated.UTC()
	}
	story.Hash = contentHash(&story)
	story.RawHash = rawHash(&story, d.source.text)
	return story, nil
}

// resolveIn resolves a reference in an article and reports where it leads
// nowhere.
func (l *loader) resolveIn(d *draft, ref string) string {
	absolute, err := l.resolve(d.source.path, d.meta.slug, ref)
	if err != nil {
		line := 0
		if at := strings.Index(d.source.text, ref); at >= 0 {
			line = 1 + strings.Count(d.source.text[:at], "\n")
		}
		l.problems = append(l.problems, Problem{File: d.source.path, Line: line, Message: err.Error()})
	}
	return absolute
}

// sizeOf gives the size of a picture in the folder by its address; zero when
// it is none, or none whose size is known.
func (l *loader) sizeOf(address string) size {
	u, err := url.Parse(address)
	if err != nil {
		return size{}
	}
	prefix := strings.TrimSuffix(l.base.Path, "/") + "/articles/"
	name, inside := strings.CutPrefix(u.Path, prefix)
	if !inside || !strings.EqualFold(u.Host, l.base.Host) || l.targets[name] != name {
		return size{}
	}
	s, known := l.sizes[name]
	if !known {
		s, _ = measure(l.root, name) // a picture that can't be read is shown as it is
		l.sizes[name] = s
	}
	return s
}

// title gives an article's title, by rule 3 of Load.
func title(name string, m meta, heading string) string {
	_, words := cutDate(stem(name))
	words = plain(strings.NewReplacer("-", " ", "_", " ").Replace(words))
	first, size := utf8.DecodeRuneInString(words)
	return firstOf(m.title, heading, string(unicode.ToUpper(first))+words[size:])
}

func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

// publicID makes the tag: URI of an article (RFC 4151 §2.1). The day is the one
// that the author wrote, whatever the zone. An authority is a DNS name there,
// which the colons of an IPv6 address are not part of.
func publicID(host string, date time.Time, slug string) string {
	host = strings.ReplaceAll(strings.ToLower(host), ":", "-")
	return fmt.Sprintf("tag:%s,%s:articles/%s", host, date.Format(time.DateOnly), slug)
}

// contentHash is over what makes an article another one to its readers, its
// dates and all else that its author sets included: a story with the hash of
// before stays as it is stored.
func contentHash(s *news.Story) uint64 {
	h := fnv.New64a()
	write(h, s.Title, s.Link, s.Summary, s.Content, s.Excerpt, s.Image, s.Language)
	write(h, s.Published.Format(time.RFC3339Nano), s.Updated.Format(time.RFC3339Nano))
	for _, p := range s.Authors {
		write(h, "author", p.Name, p.Email, p.URL)
	}
	write(h, s.Categories...)
	if len(s.FormerSlugs) > 0 {
		write(h, "aliases")
		write(h, s.FormerSlugs...)
	}
	return h.Sum64()
}

// rawHash is over the file and all that was made of it: an address of the site
// that changed, or a link whose target moved, changes the story of a file that
// did not.
func rawHash(s *news.Story, source string) uint64 {
	h := fnv.New64a()
	write(h, source, s.PublicID)
	_ = binary.Write(h, binary.LittleEndian, s.Hash)
	return h.Sum64()
}

// write hashes texts with their lengths, so that no two lists run together.
func write(h hash.Hash64, texts ...string) {
	for _, text := range texts {
		_ = binary.Write(h, binary.LittleEndian, uint64(len(text)))
		_, _ = io.WriteString(h, text)
	}
}
