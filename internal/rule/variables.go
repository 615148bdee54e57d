package rule

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"tributary/internal/news"
)

// env holds the variables of a rule. Its tags are their names, and the order
// of fields is that of the documentation.
type env struct {
	Title      string      `expr:"title"`
	Content    string      `expr:"content"`
	Summary    string      `expr:"summary"`
	Link       string      `expr:"link"`
	Host       string      `expr:"host"`
	Authors    []string    `expr:"authors"`
	Categories []string    `expr:"categories"`
	Tags       []string    `expr:"tags"`
	Source     string      `expr:"source"`
	Language   string      `expr:"language"`
	Published  time.Time   `expr:"published"`
	Words      int         `expr:"words"`
	Local      bool        `expr:"local"`
	Enclosures []enclosure `expr:"enclosures"`
}

// enclosure is a file that comes with a story, as rules see it.
type enclosure struct {
	URL    string `expr:"url"`
	Type   string `expr:"type"`
	Length int    `expr:"length"`
}

// Variables gives the names that a rule may read:
//
//   - title, link, language: text; empty when the story has none
//   - content, summary: plain text, tags removed, entities decoded, white space
//     folded to single spaces
//   - host: of the link, lower case, without a port
//   - authors: list of names (the e-mail address or URL where there is no name)
//   - categories: list of text, the story's own
//   - tags: list of text, those of the source; of a local article its own
//   - source: the source's name
//   - published: time; that under which we publish it
//   - words: whole number; words in the content, else in the summary
//   - local: true for local articles
//   - enclosures: list of files with url, type and length (bytes; 0 unknown)
func Variables() []string { return slices.Clone(variableNames) }

var (
	variableNames = []string{
		"title", "content", "summary", "link", "host", "authors", "categories",
		"tags", "source", "language", "published", "words", "local", "enclosures",
	}
	listNames      = []string{"authors", "categories", "tags", "enclosures"}
	enclosureNames = []string{"url", "type", "length"}
)

// variables fills what the rule reads. What costs something to make is left
// out when it does not: most rules look at the title only.
func (r *Rule) variables(story *news.Story, from *news.Source) *env {
	e := &env{
		Title:      story.Title,
		Link:       story.Link,
		Categories: story.Categories,
		Tags:       tags(story, from),
		Source:     from.Name,
		Language:   story.Language,
		Published:  published(story),
		Words:      story.Words,
		Local:      story.Local,
	}
	if r.uses["content"] {
		e.Content = plain(story.Content)
	}
	if r.uses["summary"] {
		e.Summary = plain(story.Summary)
	}
	if r.uses["host"] {
		e.Host = host(story.Link)
	}
	if r.uses["authors"] {
		e.Authors = authors(story.Authors)
	}
	if r.uses["enclosures"] {
		e.Enclosures = enclosures(story.Enclosures)
	}
	return e
}

// tags are the operator's words for where a story comes from. An article has
// no source of its own, so its front matter speaks for it.
func tags(story *news.Story, from *news.Source) []string {
	if story.Local {
		return story.Categories
	}
	return from.Tags
}

// published prefers the date that readers see over what the upstream claims.
func published(story *news.Story) time.Time {
	if story.Date.IsZero() {
		return story.Published.UTC()
	}
	return story.Date.UTC()
}

func host(link string) string {
	u, err := url.Parse(link)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}

func authors(people []news.Person) []string {
	names := make([]string, 0, len(people))
	for _, p := range people {
		switch {
		case p.Name != "":
			names = append(names, p.Name)
		case p.Email != "":
			names = append(names, p.Email)
		case p.URL != "":
			names = append(names, p.URL)
		}
	}
	return names
}

func enclosures(files []news.Enclosure) []enclosure {
	out := make([]enclosure, len(files))
	for i, f := range files {
		out[i] = enclosure{URL: f.URL, Type: f.Type, Length: int(f.Length)}
	}
	return out
}
