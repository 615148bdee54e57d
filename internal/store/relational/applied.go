package relational

import (
	"context"

	"tributary/internal/news"
)

// Applied gives the config that was applied last; the zero value when none was.
func (db *DB) Applied(ctx context.Context) (news.AppliedConfig, error) {
	var applied news.AppliedConfig
	err := db.read(ctx, "read the applied config", func(t *tx) error {
		_, err := t.one(`SELECT hash, config, at FROM applied WHERE key = 1`, nil,
			&applied.Hash, &applied.Text, instant{&applied.At})
		return err
	})
	return applied, err
}

// AppliedHash gives the hash of the config that was applied last, "" when none
// was. Servers ask for it each second; the text may have megabytes.
func (db *DB) AppliedHash(ctx context.Context) (string, error) {
	var hash string
	err := db.read(ctx, "read which config is applied", func(t *tx) error {
		_, err := t.one(`SELECT hash FROM applied WHERE key = 1`, nil, &hash)
		return err
	})
	return hash, err
}

// Apply notes the config that the store follows from now on. Nothing is written
// when it is the one that is noted already: hashes tell.
func (db *DB) Apply(ctx context.Context, config news.AppliedConfig) error {
	before, err := db.AppliedHash(ctx)
	if err != nil || before == config.Hash {
		return err
	}
	return db.writeKnowing(ctx, "note the applied config", func(t *tx) error {
		_, err := t.exec(`
			INSERT INTO applied (key, hash, config, at)
			VALUES (1, ?, ?, ?)
			ON CONFLICT (key) DO UPDATE
			SET hash = excluded.hash, config = excluded.config, at = excluded.at`,
			config.Hash, config.Text, millis(config.At))
		return err
	})
}

// ReadingLists gives the reading lists that were ever read, by address.
func (db *DB) ReadingLists(ctx context.Context) ([]news.ReadingList, error) {
	var lists []news.ReadingList
	err := db.read(ctx, "read reading lists", func(t *tx) error {
		lists = nil
		return t.query(`
			SELECT address, entries, changed, checked, due, coalesce(trouble, ''),
				coalesce(val_url, ''), coalesce(val_etag, ''), coalesce(val_modified, ''), val_hash
			FROM reading_lists
			ORDER BY address`,
			func(row scanner) error {
				var l news.ReadingList
				err := row.Scan(&l.Address, object{&l.Entries}, instant{&l.Changed}, instant{&l.Checked}, instant{&l.Due}, &l.Trouble,
					&l.Validators.URL, &l.Validators.ETag, &l.Validators.LastModified, hash{&l.Validators.BodyHash})
				lists = append(lists, l)
				return err
			})
	})
	return lists, err
}

// KeepReadingList stores a reading list in place of what is known of it.
func (db *DB) KeepReadingList(ctx context.Context, l news.ReadingList) error {
	entries, err := list(l.Entries)
	if err != nil {
		return err
	}
	return db.writeKnowing(ctx, "keep reading list "+l.Address, func(t *tx) error {
		_, err := t.exec(`
			INSERT INTO reading_lists (
				address, entries, changed, checked, due, trouble, val_url, val_etag, val_modified, val_hash)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (address) DO UPDATE
			SET entries = excluded.entries, changed = excluded.changed, checked = excluded.checked, due = excluded.due,
				trouble = excluded.trouble, val_url = excluded.val_url, val_etag = excluded.val_etag,
				val_modified = excluded.val_modified, val_hash = excluded.val_hash`,
			l.Address, entries, millis(l.Changed), millis(l.Checked), millis(l.Due), nullable(l.Trouble),
			nullable(l.Validators.URL), nullable(l.Validators.ETag), nullable(l.Validators.LastModified),
			nonzero(l.Validators.BodyHash))
		return err
	})
}
