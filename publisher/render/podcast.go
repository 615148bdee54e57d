package render

import (
	"slices"
	"strconv"
	"strings"

	"tributary/internal/news"
)

// podcast says what a feed with episodes must say of itself.
type podcast struct {
	any      bool // it has episodes
	explicit bool // one of them is
}

func newPodcast(edition *news.Edition) (p podcast) {
	for i := range edition.Items {
		item := &edition.Items[i]
		if stricter(edition.Feed.Content, item.From.Content) == news.ContentTitle {
			continue
		}
		// Cleaned, as in the entry: what its tags say must agree with ours, which
		// decide whether their namespace is declared.
		if file := mainFile(cleanEnclosures(item.Enclosures)); file != nil && isEpisode(file) {
			p.any = true
			p.explicit = p.explicit || file.Episode.Explicit == "true"
		}
	}
	return p
}

// mainFile gives the file that stands for a story where there is room for one
// only: the first that plays, else the first; nil when there is none.
func mainFile(files []news.Enclosure) *news.Enclosure {
	if len(files) == 0 {
		return nil
	}
	plays := func(e news.Enclosure) bool {
		return strings.HasPrefix(e.Type, "audio/") || strings.HasPrefix(e.Type, "video/")
	}
	return &files[max(slices.IndexFunc(files, plays), 0)]
}

// isEpisode reports whether there is something to tell podcast apps of a file.
func isEpisode(file *news.Enclosure) bool {
	return file.Duration > 0 || file.Episode != news.Episode{}
}

// episodeTags are what podcast apps read of an item (Apple, "A Podcaster's
// Guide to RSS").
type episodeTags struct {
	Duration string       `xml:"itunes:duration,omitempty"` // whole seconds
	Number   int          `xml:"itunes:episode,omitempty"`
	Season   int          `xml:"itunes:season,omitempty"`
	Kind     string       `xml:"itunes:episodeType,omitempty"`
	Explicit string       `xml:"itunes:explicit,omitempty"`
	Image    *itunesImage `xml:"itunes:image"`
}

type itunesImage struct {
	Href string `xml:"href,attr"`
}

func newEpisodeTags(e *entry) (tags episodeTags) {
	file := mainFile(e.Enclosures)
	if file == nil || !isEpisode(file) {
		return tags
	}
	tags = episodeTags{
		Number: file.Episode.Number, Season: file.Episode.Season,
		Kind: file.Episode.Kind, Explicit: file.Episode.Explicit, Image: newITunesImage(e.Image),
	}
	if file.Duration > 0 {
		tags.Duration = strconv.FormatInt(file.Duration, 10)
	}
	return tags
}

func newITunesImage(address string) *itunesImage {
	if address == "" {
		return nil
	}
	return &itunesImage{Href: address}
}

// podcastTags are what podcast apps read of a feed with episodes.
type podcastTags struct {
	Author   string          `xml:"itunes:author,omitempty"`
	Category *itunesCategory `xml:"itunes:category"`
	Explicit string          `xml:"itunes:explicit,omitempty"`
	Image    *itunesImage    `xml:"itunes:image"`
	Owner    *itunesOwner    `xml:"itunes:owner"`
}

type itunesCategory struct {
	Text string `xml:"text,attr"`
}

type itunesOwner struct {
	Name  string `xml:"itunes:name"`
	Email string `xml:"itunes:email"`
}

// podcastCategory is one of Apple's. They want one of a feed with episodes, and
// ours is made of what others publish.
const podcastCategory = "News"

func newPodcastTags(h *head) podcastTags {
	if !h.podcast.any {
		return podcastTags{}
	}
	tags := podcastTags{
		Author: h.author.Name, Category: &itunesCategory{podcastCategory},
		Explicit: strconv.FormatBool(h.podcast.explicit), Image: newITunesImage(h.icon),
	}
	if h.author.Email != "" {
		tags.Owner = &itunesOwner{Name: h.author.Name, Email: h.author.Email}
	}
	return tags
}
