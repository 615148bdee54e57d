package sqlite

import (
	"context"
	"fmt"
	"time"

	"tributary/internal/news"
)

// settings are what is stored of a source's config. They are comparable, so
// that a reload writes only what differs.
type settings struct {
	name, url     string
	mirror        bool
	host          string // empty when it needs no slot of a host
	delay         int64  // milliseconds
	title, site   string
	author, image string
	tags          string // JSON, or empty
	content       string
}

// stored is a source as the database has it.
type stored struct {
	settings
	key     news.SourceKey
	active  bool
	stories int
	own     news.SourceInfo
	feed    selfInfo
}

func settingsOf(source *news.Source) (settings, error) {
	s := settings{
		name: source.Name, url: source.URL, mirror: source.Mirror || source.IsArticles(),
		delay: source.Fetch.HostDelay.Milliseconds(),
		title: source.Title, site: source.Site, author: source.Author, image: source.Image,
		content: string(source.Content),
	}
	if !source.Fetch.Unpaced {
		s.host = hostOf(source.URL)
	}
	if len(source.Tags) == 0 {
		return s, nil
	}
	var err error
	s.tags, err = compact(source.Tags)
	return s, err
}

// SyncSources makes the stored sources those that are configured.
//
//  1. A source is found again by name, then by URL, first among those that
//     were configured until now, then among former ones.
//  2. A new one is due at now; so is one with another URL, unless it is leased.
//     The latter loses its validators too.
//  3. One that is configured no more loses its lease and its places in all
//     feeds. When it comes back, all feeds are stale.
//  4. When anything changes that is shown of a source with stories, the
//     revisions of all feeds rise.
func (db *DB) SyncSources(ctx context.Context, sources []news.Source, now time.Time) (map[string]news.SourceKey, error) {
	keys := make(map[string]news.SourceKey, len(sources))
	err := db.write(ctx, "sync sources", func(t *tx) error {
		clear(keys)
		before, err := t.storedSources()
		if err != nil {
			return err
		}
		s := syncer{tx: t, now: now, hosts: make(map[string]*host)}
		return s.run(sources, before, keys)
	})
	if err != nil {
		return nil, err
	}
	return keys, nil
}

// syncer is one run of SyncSources.
type syncer struct {
	*tx
	now   time.Time
	hosts map[string]*host
}

func (s *syncer) run(sources []news.Source, before []stored, keys map[string]news.SourceKey) error {
	wanted := make([]settings, len(sources))
	for i := range sources {
		var err error
		if wanted[i], err = settingsOf(&sources[i]); err != nil {
			return fmt.Errorf("source %s: %w", sources[i].Name, err)
		}
	}
	found := match(wanted, before)
	if err := s.syncHosts(sources, wanted); err != nil {
		return err
	}
	if err := s.release(wanted, before, found); err != nil {
		return err
	}
	for i, want := range wanted {
		key, err := s.put(want, found[i])
		if err != nil {
			return fmt.Errorf("source %s: %w", want.name, err)
		}
		keys[want.name] = key
	}
	return nil
}

// release retires the sources that nothing matched, and frees the names of
// those that get another one, so that two can swap theirs.
func (s *syncer) release(wanted []settings, before []stored, found []*stored) error {
	kept := make(map[news.SourceKey]string, len(found))
	for i, was := range found {
		if was != nil {
			kept[was.key] = wanted[i].name
		}
	}
	for i := range before {
		was := &before[i]
		name, ok := kept[was.key]
		if !was.active || ok && name == was.name {
			continue
		}
		if !ok {
			if err := s.retire(was); err != nil {
				return fmt.Errorf("source %s: %w", was.name, err)
			}
		}
		if _, err := s.exec(`UPDATE sources SET active = 0 WHERE key = ?`, int64(was.key)); err != nil {
			return fmt.Errorf("source %s: %w", was.name, err)
		}
	}
	return nil
}

// retire ends the lease of a source that is configured no more and takes its
// stories out of the feeds. The places of those feeds are then those of no
// config: copies that were hidden may have to be shown.
func (s *syncer) retire(was *stored) error {
	if _, err := s.exec(`
		UPDATE sources
		SET claim = claim + 1, leased_until = 0
		WHERE key = ?`, int64(was.key)); err != nil {
		return err
	}
	if was.stories == 0 {
		return nil
	}
	if _, err := s.exec(`
		UPDATE feeds
		SET fingerprint = NULL
		WHERE key IN (
			SELECT p.feed
			FROM stories AS st
			JOIN feed_story AS p ON p.story = st.key
			WHERE st.source = ?)`, int64(was.key)); err != nil {
		return err
	}
	if _, err := s.exec(`
		DELETE FROM feed_story
		WHERE story IN (SELECT key FROM stories WHERE source = ?)`, int64(was.key)); err != nil {
		return err
	}
	if was.name == news.ArticlesName {
		if err := s.raise(news.ArticlesName); err != nil {
			return err
		}
	}
	_, err := s.raiseAll()
	return err
}

// put stores one configured source, new or known.
func (s *syncer) put(want settings, was *stored) (news.SourceKey, error) {
	if was == nil {
		return s.create(want)
	}
	if was.active && was.settings == want {
		return was.key, nil
	}
	return was.key, s.change(want, was)
}

func (s *syncer) create(want settings) (news.SourceKey, error) {
	key, err := s.insert(`
		INSERT INTO sources (name, url, active, mirror, host, delay, due, health, since)
		VALUES (?, ?, 1, ?, ?, ?, ?, ?, ?)`,
		want.name, want.url, want.mirror, s.hostKey(want), want.delay, s.now.UnixMilli(),
		string(news.HealthNew), s.now.UnixMilli())
	if err != nil {
		return 0, err
	}
	_, err = s.exec(`
		INSERT INTO source_infos (source, title, site, author, image, tags, content)
		VALUES (?, ?, ?, ?, ?, ?, ?)`,
		key, want.title, want.site, want.author, want.image, nullable(want.tags), want.content)
	return news.SourceKey(key), err
}

// change makes a known source as it is wanted.
func (s *syncer) change(want settings, was *stored) error {
	if _, err := s.exec(`
		UPDATE sources
		SET name = ?, url = ?, active = 1, mirror = ?, host = ?, delay = ?
		WHERE key = ?`,
		want.name, want.url, want.mirror, s.hostKey(want), want.delay, int64(was.key)); err != nil {
		return err
	}
	if _, err := s.exec(`
		UPDATE source_infos
		SET title = ?, site = ?, author = ?, image = ?, tags = ?, content = ?
		WHERE source = ?`,
		want.title, want.site, want.author, want.image, nullable(want.tags), want.content, int64(was.key)); err != nil {
		return err
	}
	if want.url != was.url {
		if err := s.move(was); err != nil {
			return err
		}
	}
	return s.tell(want, was)
}

// move forgets what belongs to the old address of a source: validators, and
// where that one redirects to.
func (s *syncer) move(was *stored) error {
	_, err := s.exec(`
		UPDATE sources
		SET val_url = '', val_etag = '', val_modified = '', val_hash = 0,
			moved_to = '', moved_seen = 0, moved_since = NULL,
			due = CASE WHEN leased_until > ?1 THEN due ELSE ?1 END
		WHERE key = ?2`, s.now.UnixMilli(), int64(was.key))
	return err
}

// tell raises revisions when a change of settings shows.
func (s *syncer) tell(want settings, was *stored) error {
	if was.stories == 0 {
		return nil
	}
	if !was.active {
		if _, err := s.exec(`UPDATE feeds SET fingerprint = NULL`); err != nil {
			return err
		}
		_, err := s.raiseAll()
		return err
	}
	shown := func(s settings) settings {
		own := news.SourceInfo{Name: s.name, URL: s.url, Title: s.title, Site: s.site, Author: s.author, Image: s.image}
		info := describe(own, was.feed)
		return settings{name: s.name, url: info.URL, title: info.Title, site: info.Site, author: info.Author,
			image: info.Image, tags: s.tags, content: s.content}
	}
	if shown(want) == shown(was.settings) {
		return nil
	}
	if want.name == news.ArticlesName {
		if err := s.raise(news.ArticlesName); err != nil {
			return err
		}
	}
	_, err := s.raiseAll()
	return err
}

// storedSources gives all sources, former ones too, newest first.
func (t *tx) storedSources() ([]stored, error) {
	var all []stored
	err := t.query(`
		SELECT `+infoColumns+`, s.active, s.mirror, coalesce(h.name, ''), s.delay, s.stories, coalesce(i.tags, '')
		FROM sources AS s
		JOIN source_infos AS i ON i.source = s.key
		LEFT JOIN hosts AS h ON h.key = s.host
		ORDER BY s.key DESC`,
		func(row scanner) error {
			var s stored
			err := row.Scan(&s.key, &s.name, &s.url, &s.title, &s.site, &s.author, &s.image, new(any), &s.content,
				&s.feed.Title, &s.feed.Site, &s.feed.Author, &s.feed.Image, &s.feed.ID, &s.feed.Rights,
				instant{&s.feed.Updated}, &s.active, &s.mirror, &s.host, &s.delay, &s.stories, &s.tags)
			all = append(all, s)
			return err
		})
	return all, err
}
