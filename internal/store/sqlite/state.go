package sqlite

import (
	"context"
	"fmt"
	"strings"

	"tributary/internal/news"
)

// stateColumns are what scanState reads, of sources AS s and its last visit v.
const stateColumns = `
	s.key, s.name, s.url, s.health, s.since, s.due, s.failures, s.last_ok,
	s.loaded, s.moved_to, s.moved_seen, s.moved_since, s.stories,
	s.val_url, s.val_etag, s.val_modified, s.val_hash, s.interval, s.untrusted,
	v.at, coalesce(v.duration, 0), coalesce(v.outcome, ''),
	coalesce(v.cause, ''), coalesce(v.detail, ''), coalesce(v.status, 0),
	coalesce(v.bytes, 0), coalesce(v.added, 0), coalesce(v.changed, 0)`

const stateTables = `
	sources AS s
	LEFT JOIN visits AS v ON v.source = s.key AND v.ring = (s.visits + 49) % 50`

// scanState reads stateColumns and then more.
func scanState(row scanner, state *news.SourceState, more ...any) error {
	dest := append([]any{
		&state.Key, &state.Name, &state.URL, &state.Health, instant{&state.Since}, instant{&state.Due},
		&state.Failures, instant{&state.LastOK}, &state.Loaded, &state.MovedTo, &state.MovedSeen,
		instant{&state.MovedSince}, &state.Stories, &state.Validators.URL, &state.Validators.ETag,
		&state.Validators.LastModified, hash{&state.Validators.BodyHash}, &state.Refresh.Interval, &state.Untrusted,
		instant{&state.Last.At}, &state.Last.Duration, &state.Last.Outcome, &state.Last.Cause, &state.Last.Detail,
		&state.Last.Status, &state.Last.Bytes, &state.Last.New, &state.Last.Changed,
	}, more...)
	return row.Scan(dest...)
}

// Sources gives the state of every configured source, by name.
func (db *DB) Sources(ctx context.Context) ([]news.SourceState, error) {
	var states []news.SourceState
	err := db.read(ctx, "list sources", func(t *tx) error {
		return t.query(`
			SELECT `+stateColumns+`
			FROM `+stateTables+`
			WHERE s.active = 1
			ORDER BY s.name`,
			func(row scanner) error {
				var state news.SourceState
				if err := scanState(row, &state); err != nil {
					return err
				}
				states = append(states, state)
				return nil
			})
	})
	return states, err
}

// rings are the places of a source's visits: 0 to 49.
var rings = func() string {
	var b strings.Builder
	for ring := range 50 {
		fmt.Fprintf(&b, "%d, ", ring)
	}
	return strings.TrimSuffix(b.String(), ", ")
}()

// Visits gives the last visits of a source, newest first, at most 50.
func (db *DB) Visits(ctx context.Context, source news.SourceKey) ([]news.Visit, error) {
	var visits []news.Visit
	err := db.read(ctx, "list visits", func(t *tx) error {
		// The newest one stands just before where the next one goes.
		return t.query(`
			SELECT v.at, v.duration, v.outcome, v.cause, v.detail, v.status, v.bytes, v.added, v.changed
			FROM sources AS s
			JOIN visits AS v ON v.source = s.key AND v.ring IN (`+rings+`)
			WHERE s.key = ?
			ORDER BY (s.visits + 49 - v.ring) % 50`,
			func(row scanner) error {
				var v news.Visit
				if err := row.Scan(instant{&v.At}, &v.Duration, &v.Outcome, &v.Cause, &v.Detail,
					&v.Status, &v.Bytes, &v.New, &v.Changed); err != nil {
					return err
				}
				visits = append(visits, v)
				return nil
			}, source)
	})
	return visits, err
}
