package normalize

import "tributary/internal/news"

// FullText puts the text of a story's own page in the place of what its feed
// brought, sanitised like any other HTML, and reports whether that changed
// anything; its Hash changes with it. Page is the address that answered, which
// the HTML's URLs are relative to.
//
//  1. What the source allows to be republished holds for the full text too:
//     all of it, or no more than a summary made of it where the feed has none,
//     or nothing.
//  2. A text that has no more words than the feed's is not the better one:
//     it may be a cookie notice, or the page of a paywall.
//  3. What the feed brought as content becomes the summary where there is none
//     and it is short enough to be one.
func (n *Normalizer) FullText(story *news.Story, source *news.Source, html, page string) bool {
	w := n.newWriter(&news.Document{}, &Options{Source: source})
	text := w.clean(markup{html: html, base: resolve(nil, page), limit: maxContent}, w.policy)
	if text.html == "" || text.words <= story.Words {
		return false
	}
	switch source.Content {
	case news.ContentTitle:
		return false
	case news.ContentSummary:
		if story.Summary != "" || text.excerpt == "" {
			return false
		}
		story.Summary = "<p>" + string(appendClean(nil, text.excerpt, true)) + "</p>"
	default:
		if story.Summary == "" && len(story.Content) <= maxSummary {
			story.Summary = story.Content
		}
		story.Content, story.Words = text.html, text.words
	}
	if story.Excerpt == "" {
		story.Excerpt = text.excerpt
	}
	if story.Image == "" && !w.strip {
		story.Image = text.image
	}
	story.Hash = contentHash(story)
	return true
}
