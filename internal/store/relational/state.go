package relational

import (
	"context"
	"time"

	"tributary/internal/news"
)

// stateColumns are what stateFields takes: of sources AS s, their schedule d
// and their last visit v.
const stateColumns = `
	s.key, s.name, s.url, s.health, s.since, d.due, d.failures, d.last_ok,
	s.loaded, s.moved_to, s.moved_seen, s.moved_since, s.stories,
	s.val_url, s.val_etag, s.val_modified, s.val_hash,
	s.interval, s.skip_hours, s.skip_days, s.gap, s.untrusted,
	v.at, v.duration, v.outcome, v.cause, v.detail, v.status, v.bytes, v.added, v.changed`

const stateTables = `
	sources AS s
	JOIN schedule AS d ON d.source = s.key
	LEFT JOIN visits AS v ON v.key = ` + LastVisit

// LastVisit is the key of the last visit of the source with schedule d. Before
// the first one there is none with that key.
const LastVisit = `((d.visits + 49) % 50 << 40 | d.source)`

// stateFields are where stateColumns go.
func stateFields(state *news.SourceState) []any {
	return []any{
		&state.Key, &state.Name, &state.URL, &state.Health, instant{&state.Since}, instant{&state.Due},
		&state.Failures, instant{&state.LastOK}, &state.Loaded, &state.MovedTo, &state.MovedSeen,
		instant{&state.MovedSince}, &state.Stories, &state.Validators.URL, &state.Validators.ETag,
		&state.Validators.LastModified, hash{&state.Validators.BodyHash},
		&state.Refresh.Interval, bits[int]{&state.Refresh.SkipHours}, bits[time.Weekday]{&state.Refresh.SkipDays},
		&state.Gap, &state.Untrusted,
		instant{&state.Last.At}, &state.Last.Duration, &state.Last.Outcome, &state.Last.Cause, &state.Last.Detail,
		&state.Last.Status, &state.Last.Bytes, &state.Last.New, &state.Last.Changed,
	}
}

// That a source hit the limit of rows is told for a week.
const (
	cappedFor     = 7 * 24 * time.Hour
	cappedWarning = "it has more stories than are kept of any source, so its oldest go; if its ids change at each " +
		"visit, set identity = \"link\" or \"title\", else a shorter keep"
)

// Sources gives the state of every configured source, by name.
func (db *DB) Sources(ctx context.Context) ([]news.SourceState, error) {
	var states []news.SourceState
	err := db.read(ctx, "list sources", func(t *tx) error {
		var state news.SourceState
		var capped time.Time
		into := append(stateFields(&state), object{&state.Warnings}, instant{&capped})
		return t.query(`
			SELECT `+stateColumns+`, s.warnings, s.capped
			FROM `+stateTables+`
			WHERE s.active = 1
			ORDER BY s.name`,
			func(row scanner) error {
				state, capped = news.SourceState{}, time.Time{}
				if err := row.Scan(into...); err != nil {
					return err
				}
				if !capped.IsZero() && state.Last.At.Sub(capped) < cappedFor {
					state.Warnings = append(state.Warnings, cappedWarning)
				}
				states = append(states, state)
				return nil
			})
	})
	return states, err
}

// Visits gives the last visits of a source, newest first, at most 50.
func (db *DB) Visits(ctx context.Context, source news.SourceKey) ([]news.Visit, error) {
	var visits []news.Visit
	err := db.read(ctx, "list visits", func(t *tx) error {
		// The newest one stands just before where the next one goes.
		return t.query(`
			WITH RECURSIVE rings (ring) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT ring + 1 FROM rings WHERE ring < 49)
			SELECT v.at, v.duration, v.outcome, v.cause, v.detail, v.status, v.bytes, v.added, v.changed
			FROM schedule AS d
			CROSS JOIN rings AS r ON true
			JOIN visits AS v ON v.key = (r.ring << 40 | d.source)
			WHERE d.source = ?
			ORDER BY (d.visits + 49 - r.ring) % 50`,
			func(row scanner) error {
				var v news.Visit
				if err := row.Scan(instant{&v.At}, &v.Duration, &v.Outcome, &v.Cause, &v.Detail,
					&v.Status, &v.Bytes, &v.New, &v.Changed); err != nil {
					return err
				}
				visits = append(visits, v)
				return nil
			}, int64(source))
	})
	return visits, err
}
