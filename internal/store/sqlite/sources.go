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
	shape         string // JSON of what shapes its stories
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
	var err error
	if len(source.Tags) > 0 {
		if s.tags, err = compact(source.Tags); err != nil {
			return s, err
		}
	}
	s.shape, err = shapeOf(source)
	return s, err
}

// shapeOf gives the settings that shape a source's stories, as one text to
// compare: the same document makes other stories under others.
func shapeOf(source *news.Source) (string, error) {
	return compact(struct {
		Content  news.ContentMode
		Images   news.ImageMode
		Identity news.IdentityMode
		Author   string
		Embeds   []string
		FullText bool
	}{source.Content, source.Images, source.Identity, source.Author, source.Embeds, source.FullText})
}

// SyncSources makes the stored sources those that are configured.
//
//  1. A source is found again by name, then by URL, first among those that
//     were configured until now, then among former ones.
//  2. A new one is due at now; so is one with another URL, unless it is leased.
//     The latter loses its validators too, as does one with other settings
//     that shape its stories, so that the next visit brings the document again.
//  3. One that is configured no more loses its lease and its places in all
//     feeds. When it comes back, it is due at now and all feeds are stale.
//  4. A host that a leased source moves away from is left alone until the
//     lease and its pause would have ended.
//  5. When anything changes that is shown of a source with stories, the
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
	return s.noteShared()
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
		UPDATE schedule
		SET claim = claim + 1, leased_until = 0, due = NULL
		WHERE source = ?`, int64(was.key)); err != nil {
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
		INSERT INTO sources (name, url, active, mirror, shape, health, since)
		VALUES (?, ?, 1, ?, ?, ?, ?)`,
		want.name, want.url, want.mirror, want.shape, string(news.HealthNew), s.now.UnixMilli())
	if err != nil {
		return 0, err
	}
	if _, err := s.exec(`
		INSERT INTO schedule (source, due, host, delay)
		VALUES (?, ?, ?, ?)`,
		key, s.now.UnixMilli(), s.hostKey(want), want.delay); err != nil {
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
		SET name = ?, url = ?, active = 1, mirror = ?, shape = ?
		WHERE key = ?`,
		want.name, want.url, want.mirror, want.shape, int64(was.key)); err != nil {
		return err
	}
	if _, err := s.exec(`
		UPDATE source_infos
		SET title = ?, site = ?, author = ?, image = ?, tags = ?, content = ?
		WHERE source = ?`,
		want.title, want.site, want.author, want.image, nullable(want.tags), want.content, int64(was.key)); err != nil {
		return err
	}
	for _, step := range []func(settings, *stored) error{s.reschedule, s.forget, s.tell} {
		if err := step(want, was); err != nil {
			return err
		}
	}
	return nil
}

// reschedule makes the schedule of a source as it is wanted. The slot that it
// may hold stays behind as a pause of the whole host.
func (s *syncer) reschedule(want settings, was *stored) error {
	if want.host != was.host && was.host != "" {
		if _, err := s.exec(`
			UPDATE hosts
			SET free_at = max(free_at, (SELECT hold_until FROM schedule WHERE source = ?))
			WHERE name = ?`, int64(was.key), was.host); err != nil {
			return err
		}
	}
	_, err := s.exec(`
		UPDATE schedule
		SET host = ?2, delay = ?3, due = CASE WHEN ?4 AND leased_until <= ?5 THEN ?5 ELSE due END
		WHERE source = ?1`,
		int64(was.key), s.hostKey(want), want.delay, want.url != was.url || !was.active, s.now.UnixMilli())
	return err
}

// forget drops what no longer holds of a source: the validators of another
// address or of stories of another shape, and where that address redirects to.
func (s *syncer) forget(want settings, was *stored) error {
	if want.url == was.url && want.shape == was.shape {
		return nil
	}
	if _, err := s.exec(`
		UPDATE sources
		SET val_url = NULL, val_etag = NULL, val_modified = NULL, val_hash = NULL
		WHERE key = ?`, int64(was.key)); err != nil || want.url == was.url {
		return err
	}
	_, err := s.exec(`
		UPDATE sources
		SET moved_to = NULL, moved_seen = NULL, moved_since = NULL
		WHERE key = ?`, int64(was.key))
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
		SELECT `+infoColumns+`, s.active, s.mirror, s.shape, h.name, d.delay, s.stories
		FROM sources AS s
		JOIN schedule AS d ON d.source = s.key
		JOIN source_infos AS i ON i.source = s.key
		LEFT JOIN hosts AS h ON h.key = d.host
		ORDER BY s.key DESC`,
		func(row scanner) error {
			var s stored
			err := row.Scan(&s.key, &s.name, &s.url, &s.title, &s.site, &s.author, &s.image, &s.tags, &s.content,
				&s.feed.Title, &s.feed.Site, &s.feed.Author, &s.feed.Image, &s.feed.ID, &s.feed.Rights,
				instant{&s.feed.Updated}, &s.active, &s.mirror, &s.shape, &s.host, &s.delay, &s.stories)
			all = append(all, s)
			return err
		})
	return all, err
}
