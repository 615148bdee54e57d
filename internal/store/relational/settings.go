package relational

import (
	"strconv"
	"strings"

	"tributary/internal/news"
)

// settings are what is stored of a source's config. They are comparable, so
// that a reload writes only what differs.
type settings struct {
	name, url     string
	mirror        bool
	paused        bool
	host          string // empty when it needs no slot of a host
	delay         int64  // milliseconds
	title, site   string
	author, image string
	tags          string // JSON, or empty
	content       string
	shape         string // what shapes its stories
}

// stored is a source as the database has it.
type stored struct {
	settings
	key     news.SourceKey
	active  bool
	stories int
	feed    selfInfo
}

func settingsOf(source *news.Source) (settings, error) {
	s := settings{
		name: source.Name, url: source.URL, mirror: source.Mirror || source.IsArticles(), paused: source.Paused,
		delay: source.Fetch.HostDelay.Milliseconds(),
		title: source.Title, site: source.Site, author: source.Author, image: source.Image,
		content: string(source.Content),
	}
	if !source.Fetch.Unpaced {
		s.host = hostOf(source.URL)
	}
	s.shape = shapeOf(source)
	if len(source.Tags) == 0 {
		return s, nil
	}
	var err error
	s.tags, err = compact(source.Tags)
	return s, err
}

// shapeOf gives the settings that shape a source's stories, as one text to
// compare: the same document makes other stories under others. The author
// comes last, the only one that may hold anything.
func shapeOf(source *news.Source) string {
	return strings.Join([]string{
		string(source.Content), string(source.Images), string(source.Identity), strings.Join(source.Embeds, " "),
		strconv.FormatBool(source.FullText), source.Author,
	}, "\n")
}

// storedSources gives all sources, former ones too, newest first.
func (t *tx) storedSources() ([]stored, error) {
	var all []stored
	err := t.query(`
		SELECT `+infoColumns+`, s.active, s.mirror, s.health = '`+string(news.HealthPaused)+`', s.shape, h.name, d.delay, s.stories
		FROM sources AS s
		JOIN schedule AS d ON d.source = s.key
		JOIN source_infos AS i ON i.source = s.key
		LEFT JOIN hosts AS h ON h.key = d.host
		ORDER BY s.key DESC`,
		func(row scanner) error {
			var s stored
			err := row.Scan(&s.key, &s.name, &s.url, &s.title, &s.site, &s.author, &s.image, &s.tags, &s.content,
				&s.feed.Title, &s.feed.Site, &s.feed.Author, &s.feed.Image, &s.feed.ID, &s.feed.Rights,
				instant{&s.feed.Updated}, &s.active, &s.mirror, &s.paused, &s.shape, &s.host, &s.delay, &s.stories)
			all = append(all, s)
			return err
		})
	return all, err
}
