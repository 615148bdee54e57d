package bench

import (
	"fmt"
	"strings"

	"tributary/internal/upstreamtest"
)

// paragraph is what stories are made of: prose with a link, marks and entities.
const paragraph = `<p>The committee met on <a href="https://example.org/calendar?day=12&amp;room=3">Tuesday</a> ` +
	`and said, “nothing new”, which &ndash; as <em>everybody</em> knows &ndash; means a lot.</p>` + "\n"

// blog is an upstream's document over time: a window of stories that moves on
// by one with each version.
type blog struct {
	number     int // tells blogs apart
	stories    int
	paragraphs int // a story
}

// The document of 20 stories that the goals are about has about 29 KB.
func ordinary(number int) blog { return blog{number: number, stories: 20, paragraphs: 5} }

func (b blog) path() string { return fmt.Sprintf("/blog-%d.rss", b.number) }

// document is the RSS after version changes, each of which put one story in
// front and dropped the last.
func (b blog) document(version int) string {
	items := make([]upstreamtest.Item, b.stories)
	for i := range items {
		items[i] = b.story(version + b.stories - i)
	}
	return upstreamtest.RSS(fmt.Sprintf("Blog %d", b.number), items...)
}

func (b blog) story(number int) upstreamtest.Item {
	item := upstreamtest.NewItem(number)
	item.Link = fmt.Sprintf("https://blog-%d.example.org/2026/story-%d", b.number, number)
	item.ID = item.Link
	item.Title = fmt.Sprintf("Story %d of blog %d", number, b.number)
	item.Content = strings.Repeat(paragraph, b.paragraphs)
	return item
}
