package normalize

import "tributary/internal/news"

// Again sanitises the HTML of a stored story by the policy of today and
// reports whether that changed anything; its Hash changes with it. It is for
// stories that came in under an older PolicyVersion or other settings of their
// source. What was cut off or left out when the story came in does not return.
func (n *Normalizer) Again(story *news.Story, source *news.Source) bool {
	w := n.newWriter(&news.Document{}, &Options{Source: source})
	base := resolve(nil, story.Link)
	again := func(html string) string {
		if html == "" {
			return ""
		}
		return w.clean(markup{html: html, base: base, limit: maxContent}, w.policy).html
	}
	content, summary := again(story.Content), again(story.Summary)
	if content == story.Content && summary == story.Summary {
		return false
	}
	story.Content, story.Summary = content, summary
	story.Hash = contentHash(story)
	return true
}
