package relational

import (
	"fmt"

	"tributary/internal/news"
)

// create stores the sources that are new, and gives their keys.
func (s *syncer) create(wanted []settings, found []*stored) (keys []int64, err error) {
	keys = make([]int64, len(wanted))
	for i, want := range wanted {
		if found[i] != nil {
			continue
		}
		if err := s.insert(`
			INSERT INTO sources (name, url, active, mirror, shape, health, since, space)
			VALUES (?, ?, 1, ?, ?, ?, ?, ?)`, &keys[i],
			want.name, want.url, want.mirror, want.shape, string(s.firstHealth(want)), s.now.UnixMilli(), spaceOf(want)); err != nil {
			return nil, fmt.Errorf("source %s: %w", want.name, err)
		}
	}
	return keys, s.flush()
}

func (s *syncer) firstHealth(want settings) news.Health {
	if want.paused {
		return news.HealthPaused
	}
	return news.HealthNew
}

// begin stores what belongs to a new source.
func (s *syncer) begin(want settings, key int64) error {
	s.moved = true
	due := any(s.now.UnixMilli())
	if want.paused {
		due = nil
	}
	if err := s.put(`
		INSERT INTO schedule (source, due, host, delay)
		VALUES (?, ?, ?, ?)`,
		key, due, s.hostKey(want), want.delay); err != nil {
		return err
	}
	return s.put(`
		INSERT INTO source_infos (source, title, site, author, image, tags, content)
		VALUES (?, ?, ?, ?, ?, ?, ?)`,
		key, want.title, want.site, want.author, want.image, nullable(want.tags), want.content)
}

// follow makes a known source as it is wanted, if it isn't.
func (s *syncer) follow(want settings, was *stored) error {
	if was.active && was.settings == want {
		return nil
	}
	return s.change(want, was)
}

// change makes a known source as it is wanted.
func (s *syncer) change(want settings, was *stored) error {
	if err := s.put(`
		UPDATE sources
		SET name = ?, url = ?, active = 1, retired = NULL, mirror = ?, shape = ?
		WHERE key = ?`,
		want.name, want.url, want.mirror, want.shape, int64(was.key)); err != nil {
		return err
	}
	if err := s.put(`
		UPDATE source_infos
		SET title = ?, site = ?, author = ?, image = ?, tags = ?, content = ?
		WHERE source = ?`,
		want.title, want.site, want.author, want.image, nullable(want.tags), want.content, int64(was.key)); err != nil {
		return err
	}
	for _, step := range []func(settings, *stored) error{s.reschedule, s.pause, s.forget, s.tell, s.journalMove} {
		if err := step(want, was); err != nil {
			return err
		}
	}
	return nil
}

// reschedule makes the schedule of a source as it is wanted. The slot that it
// may hold stays behind as a pause of the whole host.
func (s *syncer) reschedule(want settings, was *stored) error {
	s.moved = s.moved || want.host != was.host
	if want.host != was.host && was.host != "" {
		if err := s.put(`
			UPDATE hosts
			SET free_at = (
				SELECT CASE WHEN d.hold_until > hosts.free_at THEN d.hold_until ELSE hosts.free_at END
				FROM schedule AS d
				WHERE d.source = ?)
			WHERE name = ?`, int64(was.key), was.host); err != nil {
			return err
		}
	}
	return s.put(`
		UPDATE schedule
		SET host = ?2, delay = ?3, due = CASE WHEN ?4 = 1 AND leased_until <= ?5 THEN ?5 ELSE due END
		WHERE source = ?1`,
		int64(was.key), s.hostKey(want), want.delay, want.url != was.url || !was.active, s.now.UnixMilli())
}

// pause ends the lease of a source that is paused, and makes one that is no
// more due. Its health is then what its last visit left, as far as that is on
// record: the next one tells.
func (s *syncer) pause(want settings, was *stored) error {
	if want.paused {
		if err := s.put(`
			UPDATE schedule
			SET claim = claim + 1, leased_until = 0, due = NULL
			WHERE source = ?`, int64(was.key)); err != nil {
			return err
		}
	}
	if want.paused == was.paused {
		return nil
	}
	if !want.paused {
		if err := s.put(`
			UPDATE schedule
			SET due = ?
			WHERE source = ?`, s.now.UnixMilli(), int64(was.key)); err != nil {
			return err
		}
	}
	return s.put(`
		UPDATE sources
		SET since = ?1, health = CASE
			WHEN ?2 = 1 THEN ?3
			WHEN (SELECT failures FROM schedule WHERE source = key) > 0 THEN ?4
			WHEN loaded = 1 THEN ?5
			ELSE ?6 END
		WHERE key = ?7`,
		s.now.UnixMilli(), want.paused, string(news.HealthPaused), string(news.HealthFailing), string(news.HealthOK),
		string(news.HealthNew), int64(was.key))
}

// forget drops what no longer holds of a source: the validators of another
// address, of stories of another shape or of a source that is mirrored now, and
// where that address redirects to.
func (s *syncer) forget(want settings, was *stored) error {
	if want.url == was.url && want.shape == was.shape && want.mirror == was.mirror {
		return nil
	}
	if err := s.put(`
		UPDATE sources
		SET val_url = NULL, val_etag = NULL, val_modified = NULL, val_hash = NULL
		WHERE key = ?`, int64(was.key)); err != nil || want.url == was.url {
		return err
	}
	return s.put(`
		UPDATE sources
		SET moved_to = NULL, moved_seen = NULL, moved_since = NULL
		WHERE key = ?`, int64(was.key))
}

// tell raises revisions when a change of settings shows, or when it is one under
// which stories may go: whoever compares editions must know from when on they
// were made under which.
func (s *syncer) tell(want settings, was *stored) error {
	if was.stories == 0 {
		return nil
	}
	if !was.active {
		if err := s.put(`UPDATE feeds SET fingerprint = NULL`); err != nil {
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
	sameReading := want.url == was.url && want.shape == was.shape && want.mirror == was.mirror
	if sameReading && shown(want) == shown(was.settings) {
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
