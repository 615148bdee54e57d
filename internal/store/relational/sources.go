package relational

import (
	"context"
	"fmt"
	"time"

	"tributary/internal/news"
)

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
//  5. A paused one has the health that says so, is never due, and loses its
//     lease; once it is paused no more, it is due at now.
//  6. When anything changes that is shown of a source with stories, or under
//     which settings they are read, the revisions of all feeds rise.
func (db *DB) SyncSources(ctx context.Context, sources []news.Source, now time.Time) (map[string]news.SourceKey, error) {
	keys := make(map[string]news.SourceKey, len(sources))
	err := db.writeJournaled(ctx, "sync sources", func(t *tx) error {
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
	moved bool // a source is new on its host, or left one
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
	created, err := s.create(wanted, found)
	if err != nil {
		return err
	}
	for i, want := range wanted {
		if was := found[i]; was != nil {
			keys[want.name] = was.key
			err = s.follow(want, was)
		} else {
			keys[want.name] = news.SourceKey(created[i])
			err = s.begin(want, created[i])
		}
		if err != nil {
			return fmt.Errorf("source %s: %w", want.name, err)
		}
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
		if err := s.put(`UPDATE sources SET active = 0, retired = ? WHERE key = ?`, s.now.UnixMilli(), int64(was.key)); err != nil {
			return fmt.Errorf("source %s: %w", was.name, err)
		}
	}
	return nil
}

// retire ends the lease of a source that is configured no more and takes its
// stories out of the feeds. The places of those feeds are then those of no
// config: copies that were hidden may have to be shown.
func (s *syncer) retire(was *stored) error {
	if err := s.put(`
		UPDATE schedule
		SET claim = claim + 1, leased_until = 0, due = NULL
		WHERE source = ?`, int64(was.key)); err != nil {
		return err
	}
	if was.stories == 0 {
		return nil
	}
	if err := s.put(`
		UPDATE feeds
		SET fingerprint = NULL
		WHERE key IN (
			SELECT p.feed
			FROM stories AS st
			JOIN feed_story AS p ON p.story = st.key
			WHERE st.source = ?)`, int64(was.key)); err != nil {
		return err
	}
	if err := s.put(`
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
