package sqlite

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"

	"modernc.org/sqlite"

	"tributary/internal/store/relational"
)

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
	return db.TakeOver(ctx, found)
}

// salvage reads each table as far as it goes.
func salvage(ctx context.Context, path string) (*relational.Salvaged, error) {
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
	s := new(relational.Salvaged)
	// An error ends one table; what came before it is good. Indexes may be the
	// part that is damaged.
	_ = own.query(ctx, `
		SELECT key, name, url, space, mirror, shape, val_hash IS NOT NULL
		FROM sources NOT INDEXED
		WHERE active = 1`, s.Source)
	_ = own.query(ctx, `SELECT name FROM feeds NOT INDEXED WHERE configured = 1`, s.Feed)
	_ = own.query(ctx, `
		SELECT `+relational.EditionColumns+`
		FROM editions AS e NOT INDEXED
		CROSS JOIN feeds AS f NOT INDEXED ON f.key = e.feed
		WHERE f.configured = 1`, s.Edition)
	_ = own.query(ctx, `
		SELECT path, kind, content_type, links, updated, tag, modified, date_shared, body, gzip
		FROM renditions NOT INDEXED`, s.Rendition)
	return s, nil
}
