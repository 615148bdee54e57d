package sqlite

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/url"
	"path/filepath"

	"modernc.org/sqlite"

	"tributary/internal/news"
)

// salvaged is what can still be read of a damaged database, of what a new one
// needs to go on serving what was published.
type salvaged struct {
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

// Salvage takes into a new database, before it is configured, what was
// published from the damaged one at path, as far as that can be read and is whole,
// and which sources and last editions belong to it: readers get what they had
// until the sources have brought their stories again. The damaged file is only
// read. It gives the number of renditions.
func (db *DB) Salvage(ctx context.Context, path string) (int, error) {
	found, err := salvage(ctx, path)
	if err != nil {
		return 0, fmt.Errorf("salvage what was published from %s: %w", path, explain(err))
	}
	err = db.write(ctx, "take over what was published", func(t *tx) error {
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
		SET mirror = ?2, shape = ?3, val_hash = CASE WHEN ?4 THEN 0 END, journaled = nullif(journaled, '')
		WHERE key = ?1 AND name = ?5 AND url = ?6`,
		int64(source.Source), source.mirror, source.shape, source.read, source.Name, source.URL)
	return err
}

// salvage reads each table as far as it goes.
func salvage(ctx context.Context, path string) (*salvaged, error) {
	query := url.Values{"mode": {"ro"}, "_pragma": {"query_only(on)"}}
	dsn := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path), RawQuery: query.Encode()}
	connector, err := sqlite.NewConnector(dsn.String())
	if err != nil {
		return nil, err
	}
	opened, err := connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	own := &session{conn: opened.(connection), stmts: make(map[string]statement)}
	defer own.close()
	s := &salvaged{kept: news.Kept{Editions: make(map[string]news.LastEdition)}}
	// An error ends one table; what came before it is good. Indexes may be the
	// part that is damaged.
	_ = own.query(ctx, `
		SELECT key, name, url, space, mirror, shape, val_hash IS NOT NULL
		FROM sources NOT INDEXED
		WHERE active = 1`, s.source)
	_ = own.query(ctx, `SELECT name FROM feeds NOT INDEXED WHERE configured = 1`, s.feed)
	_ = own.query(ctx, `
		SELECT `+editionColumns+`
		FROM editions AS e NOT INDEXED
		CROSS JOIN feeds AS f NOT INDEXED ON f.key = e.feed
		WHERE f.configured = 1`, s.edition)
	_ = own.query(ctx, `
		SELECT path, kind, content_type, links, updated, tag, modified, date_shared, body, gzip
		FROM renditions NOT INDEXED`, s.rendition)
	return s, nil
}

func (s *salvaged) source(row scanner) error {
	source := salvagedSource{journalLine: journalLine{Op: opSource}}
	if err := row.Scan(&source.Source, &source.Name, &source.URL, &source.Space,
		&source.mirror, &source.shape, &source.read); err != nil {
		return err
	}
	s.sources = append(s.sources, source)
	return nil
}

func (s *salvaged) feed(row scanner) error {
	var name string
	if err := row.Scan(&name); err != nil {
		return err
	}
	s.feeds = append(s.feeds, name)
	return nil
}

// edition takes the last edition of a feed. Its revision counts for nothing in
// a database where all of them begin anew.
func (s *salvaged) edition(row scanner) error {
	feed, last, err := scanEdition(row)
	if err != nil {
		return err
	}
	last.Revision = 0
	s.kept.Editions[feed] = last
	return nil
}

// rendition takes one whose body is what its compressed form holds, with that
// one's checksum: pages of the file have none.
func (s *salvaged) rendition(row scanner) error {
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
