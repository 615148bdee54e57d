package relational

import (
	"net/url"
	"reflect"
	"strings"
	"time"

	"tributary/internal/news"
)

// selfInfo is what a feed says of itself.
type selfInfo struct {
	Title, Site, Author, Image, ID, Rights string
	Updated                                time.Time
}

// infoColumns are what scanInfo reads, of sources AS s and source_infos AS i.
const infoColumns = `
	s.key, s.name, s.url, i.title, i.site, i.author, i.image, i.tags, i.content,
	i.feed_title, i.feed_site, i.feed_author, i.feed_image, i.feed_id, i.feed_rights, i.feed_updated`

// scanInfo reads infoColumns, what the operator says of a source and what it
// says of itself, and then more.
func scanInfo(row scanner, more ...any) (own news.SourceInfo, feed selfInfo, err error) {
	dest := append([]any{
		&own.Key, &own.Name, &own.URL, &own.Title, &own.Site, &own.Author, &own.Image,
		object{&own.Tags}, &own.Content,
		&feed.Title, &feed.Site, &feed.Author, &feed.Image, &feed.ID, &feed.Rights, instant{&feed.Updated},
	}, more...)
	err = row.Scan(dest...)
	return own, feed, err
}

// describe lays what the operator says over what the feed says. The title
// falls back to the host, then the name. What it gives may be published: where
// the source's address holds a key, the feed's own addresses may repeat it.
func describe(own news.SourceInfo, feed selfInfo) news.SourceInfo {
	info := own
	host := hostOf(own.URL)
	info.Title = firstOf(own.Title, feed.Title, host, own.Name)
	info.Site = firstOf(own.Site, feed.Site)
	info.Author = firstOf(own.Author, feed.Author)
	info.Image = firstOf(own.Image, feed.Image)
	info.ID, info.Rights, info.Updated = feed.ID, feed.Rights, feed.Updated
	info.Local = own.Name == news.ArticlesName
	if host == "" || info.Local {
		info.URL = "" // a file, which is nobody else's business
		return info
	}
	public, whole := news.PublicAddress(own.URL)
	if info.URL, info.Keyed = public, !whole; info.Keyed {
		for _, address := range []*string{&info.ID, &info.Site, &info.Image} {
			if hostOf(*address) != "" {
				*address, _ = news.PublicAddress(*address)
			}
		}
	}
	return info
}

func firstOf(values ...string) string {
	for _, value := range values {
		if value != "" {
			return value
		}
	}
	return ""
}

// hostOf gives the host of an http(s) URL in lower case and without its port:
// what politeness is kept towards. It is empty for anything else.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	return strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
}

// infos gives the sources with one of keys.
func (t *tx) infos(keys []news.SourceKey) (map[news.SourceKey]news.SourceInfo, error) {
	infos := make(map[news.SourceKey]news.SourceInfo, len(keys))
	err := queryList(t, `
		SELECT `+infoColumns+`, `+readingColumns+`
		FROM sources AS s
		JOIN source_infos AS i ON i.source = s.key
		WHERE s.key IN (?...)`,
		func(row scanner) error {
			var r reading
			own, feed, err := scanInfo(row, r.fields()...)
			info := describe(own, feed)
			info.Settings = r.sum()
			infos[own.Key] = info
			return err
		}, keys)
	return infos, err
}

// infos are what the operator says of a source, and what its feed said of itself.
type infos struct {
	own  news.SourceInfo
	feed selfInfo
}

// infosOf reads those of a source into both, when later does it.
func (t *tx) infosOf(source news.SourceKey, both *infos) error {
	return t.later(`
		SELECT `+infoColumns+`
		FROM sources AS s
		JOIN source_infos AS i ON i.source = s.key
		WHERE s.key = ?`,
		func(row scanner) (err error) {
			both.own, both.feed, err = scanInfo(row)
			return err
		}, int64(source))
}

// noteInfo stores what the feed of a source says of itself now. Once stories
// of the source are stored, a difference that shows changes every feed; those
// are named.
//
// Updated moves only along with the rest: many feeds say "now" at each fetch,
// and each change has to raise revisions, as an edition must be the same bytes
// as long as its revision is the same.
func (t *tx) noteInfo(state *news.SourceState, batch *news.Batch, known infos) (raised []string, err error) {
	own, was := known.own, known.feed
	is := selfInfo{
		Title: batch.Title, Site: batch.Link, Image: batch.Image, ID: batch.ID,
		Rights: batch.Rights, Updated: was.Updated,
	}
	if len(batch.Authors) > 0 {
		is.Author = firstOf(batch.Authors[0].Name, batch.Authors[0].Email)
	}
	if is == was {
		return nil, nil
	}
	if state.Stories > 0 && !reflect.DeepEqual(describe(own, was), describe(own, is)) {
		if raised, err = t.raiseAll(); err != nil {
			return nil, err
		}
	}
	return raised, t.put(`
		UPDATE source_infos
		SET feed_title = ?, feed_site = ?, feed_author = ?, feed_image = ?,
			feed_id = ?, feed_rights = ?, feed_updated = ?
		WHERE source = ?`,
		is.Title, is.Site, is.Author, is.Image, is.ID, is.Rights, millis(batch.Updated), int64(state.Key))
}
