package normalize

import (
	"slices"
	"strings"
	"time"

	"tributary/internal/news"
)

// maxSummary is the length in bytes of a summary where a source allows no
// more than that to be republished: many feeds call the whole text a summary.
const maxSummary = 4 << 10

// story makes an entry a story: all of it but what merge decides.
func (w *writer) story(id string, e *news.Entry) news.Story {
	at := w.place.spot(e)
	base := at.text(news.Text{})
	s := news.Story{
		ID:         id,
		Title:      plain(e.Title),
		Link:       spell(at.link),
		Language:   language(e.Language),
		Rights:     plain(e.Rights),
		Comments:   absolute(base, e.Comments),
		Authors:    people(base, e.Authors),
		Categories: categories(e.Categories),
		Enclosures: enclosures(base, e.Enclosures),
		Origin:     origin(base, e.Origin),
		Published:  date(e.Published),
		Updated:    date(e.Updated),
		RawHash:    w.rawHash(e),
	}
	if w.strip {
		s.Enclosures = slices.DeleteFunc(s.Enclosures, isPicture)
	}
	s.Canonical = canonical(s.Link, w.place.hosts())
	s.Original = at.link != nil && w.origin != nil && sameHost(at.link.Hostname(), w.origin.Hostname())
	if s.Language == "" {
		s.Language = language(w.doc.Language)
	}
	if len(s.Authors) == 0 {
		s.Authors = w.authors
	}
	w.texts(&s, e, at)
	s.Hash = contentHash(&s)
	return s
}

// texts fills what is made of summary and content, as far as the source allows
// it to be republished:
//
//   - full: both; a summary that only repeats the content goes.
//   - summary: the summary, at most 4 KB; the excerpt if there is none.
//   - title: neither, nor anything made of them.
//
// There are no texts either once those before it have cost too much.
func (w *writer) texts(s *news.Story, e *news.Entry, at spot) {
	if w.source.Content == news.ContentTitle {
		return
	}
	if w.cost > maxCost {
		w.bare++
		s.RawHash = 0 // not done with: the next time it is read anew
		return
	}
	limit := maxContent
	if w.source.Content == news.ContentSummary {
		limit = maxSummary
	}
	summary := w.sanitise(e.Summary, at, limit)
	content := w.sanitise(e.Content, at, maxContent)
	w.cost += summary.cost + content.cost
	if content.cut {
		w.cut++
	}
	s.Summary, s.Content = summary.html, content.html
	s.Excerpt, s.Words = summary.excerpt, content.words
	if s.Excerpt == "" {
		s.Excerpt = content.excerpt
	}
	if s.Words == 0 {
		s.Words = summary.words
	}
	if s.Summary == s.Content {
		s.Summary = ""
	}
	if w.source.Content == news.ContentSummary {
		s.Content = ""
		if summary.html == "" && s.Excerpt != "" {
			s.Summary = "<p>" + string(appendClean(nil, s.Excerpt, true)) + "</p>"
		} else {
			s.Summary = summary.html
		}
	}
	s.Image = w.image(e, at, content.image, summary.image)
}

// sanitise makes a text construct HTML that is safe to publish.
func (w *writer) sanitise(t news.Text, at spot, limit int) fragment {
	if t.IsZero() {
		return fragment{}
	}
	m := markup{html: t.Value, xml: t.Type == news.TextXHTML, base: at.text(t), limit: limit}
	if t.Type == news.TextPlain {
		m.html = plainToHTML(t.Value)
	}
	return w.clean(m, w.policy)
}

// plainToHTML escapes text and keeps its lines.
func plainToHTML(s string) string {
	escaped := string(appendClean(nil, strings.TrimSpace(s), true))
	return strings.ReplaceAll(escaped, "\n", "<br>\n")
}

func isPicture(e news.Enclosure) bool { return strings.HasPrefix(e.Type, "image/") }

// image chooses the picture that stands for a story: the one that the upstream
// names, else the first of a fit size in a text, else one that is enclosed.
// There is none where the operator wants no pictures.
func (w *writer) image(e *news.Entry, at spot, inTexts ...string) string {
	if w.strip {
		return ""
	}
	base := at.text(news.Text{})
	if u := resolve(base, e.Image); u != nil && !tracks(u) {
		return spell(u)
	}
	for _, image := range inTexts {
		if image != "" {
			return image
		}
	}
	for _, file := range e.Enclosures {
		if strings.HasPrefix(mediaType(file.Type), "image/") {
			if image := absolute(base, file.URL); image != "" {
				return image
			}
		}
	}
	return ""
}

// date is a date as merge and the stores take it: UTC, whole milliseconds, and
// zero when its year is absurd. Merge, which knows the clock, decides about
// dates in the future.
func date(t time.Time) time.Time {
	t = t.UTC()
	if t.Year() < 1990 || t.Year() > 9999 {
		return time.Time{}
	}
	return t.Truncate(time.Millisecond)
}
