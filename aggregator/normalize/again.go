package normalize

import (
	"slices"

	"tributary/internal/news"
)

// Again brings a stored story under the policy of today: its HTML, what is made
// of its HTML, and its pictures. It reports whether that changed anything; its
// Hash changes with it. It is for stories that came in under an older
// PolicyVersion or other settings of their source. What was cut off or left out
// when the story came in does not return.
func (n *Normalizer) Again(story *news.Story, source *news.Source) bool {
	w := n.newWriter(&news.Document{}, &Options{Source: source})
	base := resolve(nil, story.Link)
	again := func(html string) fragment {
		if html == "" {
			return fragment{}
		}
		return w.clean(markup{html: html, base: base, limit: maxContent}, w.policy)
	}
	content, summary := again(story.Content), again(story.Summary)
	changed := content.html != story.Content || summary.html != story.Summary
	if changed {
		story.Content, story.Summary = content.html, summary.html
		story.Excerpt = either(summary.excerpt, content.excerpt)
	}
	if w.stripPictures(story) {
		changed = true
	}
	if changed {
		story.Hash = contentHash(story)
	}
	return changed
}

// stripPictures takes from a stored story the pictures beside its HTML that the
// policy does not let through, and reports whether there were any.
func (w *writer) stripPictures(story *news.Story) bool {
	changed := false
	if u := resolve(nil, story.Image); story.Image != "" && (w.strip || u == nil || tracks(u)) {
		story.Image, changed = "", true
	}
	if w.strip && slices.ContainsFunc(story.Enclosures, isPicture) {
		story.Enclosures = slices.DeleteFunc(slices.Clone(story.Enclosures), isPicture)
		changed = true
	}
	return changed
}
