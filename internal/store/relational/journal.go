package relational

import (
	"context"
	"encoding/json"
	"time"

	"tributary/internal/news"
)

// journalOp is what a line of the journal says.
type journalOp string

// What lines say. Their names are in files of operators: they never change.
const (
	opJournal   journalOp = "journal"   // the first line: whose journal it is
	opSource    journalOp = "source"    // a source, before what else is said of it, and after each move
	opIdentity  journalOp = "id"        // an id of a source and the public id that it was published under
	opTombstone journalOp = "tombstone" // an id of a source that must not come back
	opStanding  journalOp = "standing"  // under what a story with copies was first published in a feed
)

// journalLine is one line of the journal, as JSON.
type journalLine struct {
	Op      journalOp      `json:"op"`
	Lineage string         `json:"lineage,omitempty"`
	Source  news.SourceKey `json:"source,omitempty"`
	Name    string         `json:"name,omitempty"`
	URL     string         `json:"url,omitempty"`
	Space   string         `json:"space,omitempty"`
	ID      string         `json:"id,omitempty"`
	Public  string         `json:"public_id,omitempty"`
	Kind    news.Tombstone `json:"kind,omitempty"`
	Reason  string         `json:"reason,omitempty"`
	Feed    string         `json:"feed,omitempty"`
	Link    string         `json:"link,omitempty"`
	Date    time.Time      `json:"date,omitzero"`
}

// journal has a line written to the journal once the transaction is committed.
// Until it is there, the database keeps it.
func (t *tx) journal(line journalLine) error {
	if !t.journals {
		return nil
	}
	text, err := compact(line)
	if err != nil {
		return err
	}
	t.journaled = true
	return t.put(`INSERT INTO journal (line) VALUES (?)`, text)
}

// journalSource tells the journal which source a key stands for, unless it
// knows.
func (t *tx) journalSource(key news.SourceKey) error {
	if !t.journals {
		return nil
	}
	line := journalLine{Op: opSource, Source: key}
	var journaled *string
	if _, err := t.one(`SELECT name, url, space, journaled FROM sources WHERE key = ?`, []any{int64(key)},
		&line.Name, &line.URL, &line.Space, &journaled); err != nil {
		return err
	}
	text, err := compact(line)
	if err != nil || journaled != nil && *journaled == text {
		return err
	}
	if err := t.put(`UPDATE sources SET journaled = ? WHERE key = ?`, text, int64(key)); err != nil {
		return err
	}
	return t.journal(line)
}

// writeJournaled is write for what may have lines for the journal, which are
// then appended. It is no failure of the transaction if they can't be: the
// database keeps them, and Tidy tries again and tells of the trouble.
func (db *DB) writeJournaled(ctx context.Context, op string, fn func(*tx) error) error {
	journaled := false
	err := db.write(ctx, op, func(t *tx) error {
		err := fn(t)
		journaled = t.journaled
		return err
	})
	db.journalAfter(ctx, err == nil && journaled)
	return err
}

// journalAfter appends the lines of a committed transaction, if it had some.
func (db *DB) journalAfter(ctx context.Context, journaled bool) {
	if journaled {
		_ = db.catchUp(ctx)
	}
}

// rejournal has all that a journal should say written anew.
func (t *tx) rejournal() error {
	for _, query := range []string{
		`DELETE FROM journal`,
		`UPDATE sources SET journaled = NULL`,
		`UPDATE lineage SET read = 0`,
	} {
		if err := t.put(query); err != nil {
			return err
		}
	}
	var lines []journalLine
	add := func(line *journalLine, dest ...any) func(scanner) error {
		return func(row scanner) error {
			err := row.Scan(dest...)
			lines = append(lines, *line)
			return err
		}
	}
	source := journalLine{Op: opSource}
	if err := t.query(`
		SELECT key FROM sources
		WHERE stories > 0 AND space <> CASE WHEN url LIKE 'file:%' THEN 'file:' || name ELSE url END
		ORDER BY key`, add(&source, &source.Source)); err != nil {
		return err
	}
	id := journalLine{Op: opIdentity}
	if err := t.query(`SELECT source, id, public_id FROM identities`,
		add(&id, &id.Source, &id.ID, &id.Public)); err != nil {
		return err
	}
	stone := journalLine{Op: opTombstone}
	if err := t.query(`
		SELECT source, id, public_id, kind, reason, at, canonical
		FROM tombstones
		WHERE kind = ? OR hit IS NOT NULL`,
		add(&stone, &stone.Source, &stone.ID, &stone.Public, &stone.Kind, &stone.Reason, instant{&stone.Date}, &stone.Link),
		string(news.TombstoneRetracted)); err != nil {
		return err
	}
	standing := journalLine{Op: opStanding}
	if err := t.query(`SELECT feed, canonical, public_id, date FROM standings`,
		add(&standing, &standing.Feed, &standing.Link, &standing.Public, instant{&standing.Date})); err != nil {
		return err
	}
	return t.journalAll(lines)
}

func (t *tx) journalAll(lines []journalLine) error {
	for _, line := range lines {
		if line.Source != 0 {
			if err := t.journalSource(line.Source); err != nil {
				return err
			}
		}
		if line.Op == opSource {
			continue
		}
		if err := t.journal(line); err != nil {
			return err
		}
	}
	return nil
}

// replay stores what lines of the journal say that the database doesn't know.
// A line that can't be read was torn when a machine stopped, and what it said
// was written again.
func (t *tx) replay(text []byte) error {
	for line := range lines(text) {
		var l journalLine
		if json.Unmarshal(line, &l) != nil {
			continue
		}
		var err error
		switch l.Op {
		case opSource:
			err = t.replaySource(l, string(line))
		case opIdentity:
			err = t.put(`
				INSERT INTO identities (source, id, public_id)
				SELECT key, ?2, ?3 FROM sources WHERE key = ?1
				ON CONFLICT DO NOTHING`, int64(l.Source), l.ID, l.Public)
		case opTombstone:
			err = t.replayTombstone(l)
		case opStanding:
			err = t.put(`
				INSERT INTO standings (feed, canonical, public_id, date)
				VALUES (?, ?, ?, ?)
				ON CONFLICT DO NOTHING`, l.Feed, l.Link, l.Public, l.Date.UnixMilli())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// replaySource makes a source that the journal knows one that was configured
// once: the next sync finds it again by its name or URL, under its key. So it
// does with one that the database has under an earlier name or URL.
func (t *tx) replaySource(l journalLine, text string) error {
	if err := t.put(`
		INSERT INTO sources (key, name, url, active, mirror, shape, health, space, journaled)
		VALUES (?1, ?2, ?3, 0, 0, '', ?4, ?5, ?6)
		ON CONFLICT (key) DO UPDATE
		SET space = ?5, journaled = ?6, name = ?2, url = ?3,
			active = CASE WHEN name = ?2 AND url = ?3 THEN active ELSE 0 END`,
		int64(l.Source), l.Name, l.URL, string(news.HealthNew), l.Space, text); err != nil {
		return err
	}
	if err := t.put(`
		UPDATE schedule
		SET due = NULL
		WHERE source = ?1 AND (SELECT active FROM sources WHERE key = ?1) = 0`, int64(l.Source)); err != nil {
		return err
	}
	if err := t.put(`
		INSERT INTO schedule (source, due, delay)
		VALUES (?, NULL, 0)
		ON CONFLICT DO NOTHING`, int64(l.Source)); err != nil {
		return err
	}
	return t.put(`
		INSERT INTO source_infos (source, title, site, author, image, content)
		VALUES (?, '', '', '', '', '')
		ON CONFLICT DO NOTHING`, int64(l.Source))
}

// replayTombstone stores a tombstone. A story that it stands for, in a database
// that was restored from before, goes; its feeds get their places anew.
func (t *tx) replayTombstone(l journalLine) error {
	at := l.Date.UnixMilli()
	if err := t.put(`
		INSERT INTO tombstones (source, id, public_id, kind, reason, at, hit, canonical)
		SELECT key, ?2, ?3, ?4, ?5, ?6, ?6, ?7 FROM sources WHERE key = ?1
		ON CONFLICT DO NOTHING`,
		int64(l.Source), l.ID, nullable(l.Public), string(l.Kind), l.Reason, at, nullable(l.Link)); err != nil {
		return err
	}
	var story int64
	found, err := t.one(`
		SELECT key FROM stories WHERE source = ?1 AND (id = ?2 OR public_id = ?3)`,
		[]any{int64(l.Source), l.ID, l.Public}, &story)
	if err != nil || !found {
		return err
	}
	for _, query := range []string{
		`UPDATE feeds SET fingerprint = NULL, revision = revision + 1
		WHERE key IN (SELECT feed FROM feed_story WHERE story = ?)`,
		`UPDATE sources SET stories = stories - 1 WHERE key = (SELECT source FROM stories WHERE key = ?)`,
		`DELETE FROM stories WHERE key = ?`,
	} {
		if err := t.put(query, story); err != nil {
			return err
		}
	}
	return nil
}
