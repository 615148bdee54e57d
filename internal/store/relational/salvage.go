package relational

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"

	"tributary/internal/news"
)

// Salvaged is what can still be read of a damaged database, of what a new one
// needs to go on serving what was published. Its methods take rows as they are
// read.
type Salvaged struct {
	sources []salvagedSource
	feeds   []string
	kept    news.Kept
}

// salvagedSource is a source as it was read last. That last editions were made
// under these settings keeps them comparable.
type salvagedSource struct {
	journalLine
	mirror, read bool
	shape        string
}

// TakeOver takes into a new database, before it is configured, what was
// salvaged. It gives the number of renditions.
func (db *DB) TakeOver(ctx context.Context, found *Salvaged) (int, error) {
	err := db.write(ctx, "take over what was published", func(t *tx) error {
		for i := range found.sources {
			if err := t.salvage(&found.sources[i]); err != nil {
				return err
			}
		}
		for _, feed := range found.feeds {
			if _, err := t.exec(`
				INSERT INTO feeds (name, configured)
				VALUES (?, 1)
				ON CONFLICT DO NOTHING`, feed); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	_, err = db.Keep(ctx, found.kept, nil)
	return len(found.kept.Renditions), err
}

// salvage makes a source known under its key, as one that was configured once.
// Its document is read anew: the hash is that of none.
func (t *tx) salvage(source *salvagedSource) error {
	known, err := t.one(`SELECT key FROM sources WHERE key = ?`, []any{int64(source.Source)}, new(int64))
	if err == nil && !known { // by the journal
		err = t.replaySource(source.journalLine, "")
	}
	if err != nil {
		return err
	}
	_, err = t.exec(`
		UPDATE sources
		SET mirror = ?2, shape = ?3, val_hash = CASE WHEN ?4 = 1 THEN 0 END, journaled = nullif(journaled, '')
		WHERE key = ?1 AND name = ?5 AND url = ?6`,
		int64(source.Source), source.mirror, source.shape, source.read, source.Name, source.URL)
	return err
}

// Source takes a source: key, name, url, space, mirror, shape, and whether it has
// validators.
func (s *Salvaged) Source(row Scanner) error {
	source := salvagedSource{journalLine: journalLine{Op: opSource}}
	if err := row.Scan(&source.Source, &source.Name, &source.URL, &source.Space,
		&source.mirror, &source.shape, &source.read); err != nil {
		return err
	}
	s.sources = append(s.sources, source)
	return nil
}

// Feed takes the name of a feed.
func (s *Salvaged) Feed(row Scanner) error {
	var name string
	if err := row.Scan(&name); err != nil {
		return err
	}
	s.feeds = append(s.feeds, name)
	return nil
}

// Edition takes [EditionColumns]: the last edition of a feed. Its revision counts for nothing in
// a database where all of them begin anew.
func (s *Salvaged) Edition(row Scanner) error {
	feed, last, err := scanEdition(row)
	if err != nil {
		return err
	}
	last.Revision = 0
	if s.kept.Editions == nil {
		s.kept.Editions = make(map[string]news.LastEdition)
	}
	s.kept.Editions[feed] = last
	return nil
}

// Rendition takes one (path, kind, content_type, links, updated, tag, modified,
// date_shared, body, gzip) whose body is what its compressed form holds, with that
// one's checksum: pages of the file have none.
func (s *Salvaged) Rendition(row Scanner) error {
	var r news.KeptRendition
	if err := row.Scan(&r.Path, &r.Kind, &r.ContentType, object{&r.Links}, instant{&r.Updated}, &r.Tag,
		instant{&r.LastModified}, &r.DateShared, blob{&r.Body}, blob{&r.Gzip}); err != nil {
		return nil // the next one may be whole
	}
	if whole(r.Body, r.Gzip) {
		s.kept.Renditions = append(s.kept.Renditions, r)
	}
	return nil
}

// whole reports whether a body is what was compressed.
func whole(body, compressed []byte) bool {
	plain, err := gzip.NewReader(bytes.NewReader(compressed))
	if err != nil {
		return false
	}
	same, err := io.ReadAll(io.LimitReader(plain, int64(len(body))+1))
	return err == nil && bytes.Equal(same, body)
}
