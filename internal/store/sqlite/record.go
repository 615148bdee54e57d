package sqlite

import (
	"cmp"
	"context"
	"fmt"

	"tributary/internal/news"
)

// Record stores results, all of them in one transaction: each whole or, when
// its claim is stale, not at all. A claim is stale once the source was claimed
// again, has its result already, or is configured no more.
func (db *DB) Record(ctx context.Context, results []news.Result, decide news.Decide) ([]news.Recorded, error) {
	var recorded []news.Recorded
	err := db.write(ctx, "record results", func(t *tx) error {
		recorded = make([]news.Recorded, len(results))
		for i := range results {
			if err := t.record(&results[i], decide, &recorded[i]); err != nil {
				return fmt.Errorf("source %s: %w", results[i].Lease.Source.Name, err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return recorded, nil
}

func (t *tx) record(result *news.Result, decide news.Decide, recorded *news.Recorded) error {
	current, err := t.finish(result)
	if err != nil || !current {
		recorded.Stale = !current
		return err
	}
	if result.Batch != nil {
		if err := t.merge(result, decide, recorded); err != nil {
			return err
		}
	}
	return t.visit(result, recorded)
}

// finish ends the lease of a result, unless it is stale, and stores the new
// state of its source. Parts of it that seldom change are compared with what
// the lease carried, which nobody else changes while it lasts.
func (t *tx) finish(result *news.Result) (current bool, err error) {
	visit, lease := &result.Visit, &result.Lease
	ok := visit.At
	if visit.Failed() {
		ok = lease.Source.LastOK
	}
	n, err := t.exec(`
		UPDATE schedule
		SET due = ?, leased_until = 0, strike = 0, visits = visits + 1, hold_until = ? + delay, failures = ?, last_ok = ?
		WHERE source = ? AND claim = ? AND leased_until > 0`,
		millis(result.Due), visit.At.Add(visit.Duration).UnixMilli(), int64(result.Failures), millis(ok),
		int64(lease.Source.Key), lease.Claim)
	if err != nil || n == 0 {
		return false, err
	}
	return true, t.note(result)
}

// note stores the parts of a state that seldom change.
func (t *tx) note(result *news.Result) error {
	if err := t.noteHealth(result); err != nil {
		return err
	}
	if err := t.noteValidators(result); err != nil {
		return err
	}
	if err := t.notePace(result); err != nil {
		return err
	}
	return t.noteMove(result)
}

func (t *tx) noteHealth(result *news.Result) error {
	state := &result.Lease.Source
	if result.Health == state.Health {
		return nil
	}
	_, err := t.exec(`
		UPDATE sources
		SET health = ?, since = ?
		WHERE key = ?`,
		string(result.Health), millis(result.Visit.At), int64(state.Key))
	return err
}

// noteValidators stores validators in place of those that the lease carried:
// when SyncSources took those away meanwhile, the new ones stand for what is
// no longer wanted either.
func (t *tx) noteValidators(result *news.Result) error {
	is, was := result.Validators, &result.Lease.Source.Validators
	if is == nil || *is == *was { // most 304s bring the same ones
		return nil
	}
	_, err := t.exec(`
		UPDATE sources
		SET val_url = ?, val_etag = ?, val_modified = ?, val_hash = ?
		WHERE key = ? AND val_url IS ? AND val_etag IS ? AND val_modified IS ? AND val_hash IS ?`,
		nullable(is.URL), nullable(is.ETag), nullable(is.LastModified), nonzero(is.BodyHash),
		int64(result.Lease.Source.Key),
		nullable(was.URL), nullable(was.ETag), nullable(was.LastModified), nonzero(was.BodyHash))
	return err
}

// notePace stores what bears on how often the source and its host are visited.
func (t *tx) notePace(result *news.Result) error {
	state := &result.Lease.Source
	if !result.HostFree.IsZero() {
		if _, err := t.exec(`
			UPDATE hosts
			SET free_at = max(free_at, ?)
			WHERE name = ?`,
			result.HostFree.UnixMilli(), hostOf(state.URL)); err != nil {
			return err
		}
	}
	refresh, gap := &state.Refresh, cmp.Or(result.Gap, state.Gap)
	if result.Refresh != nil {
		refresh = result.Refresh
	}
	if gap == state.Gap && sameRefresh(refresh, &state.Refresh) {
		return nil
	}
	_, err := t.exec(`
		UPDATE sources
		SET interval = ?, skip_hours = ?, skip_days = ?, gap = ?
		WHERE key = ?`,
		nonzero(refresh.Interval), nonzero(setOf(refresh.SkipHours)), nonzero(setOf(refresh.SkipDays)), nonzero(gap),
		int64(state.Key))
	return err
}

func sameRefresh(a, b *news.Refresh) bool {
	return a.Interval == b.Interval && setOf(a.SkipHours) == setOf(b.SkipHours) && setOf(a.SkipDays) == setOf(b.SkipDays)
}

// noteMove counts the visits in a row that were sent to one other address for
// good. A visit that failed says nothing of where the source is.
func (t *tx) noteMove(result *news.Result) error {
	if result.Visit.Failed() || result.MovedTo == "" && result.Lease.Source.MovedTo == "" {
		return nil
	}
	_, err := t.exec(`
		UPDATE sources
		SET moved_seen = CASE WHEN ?1 IS NULL THEN NULL WHEN ?1 = moved_to THEN moved_seen + 1 ELSE 1 END,
			moved_since = CASE WHEN ?1 IS NULL THEN NULL WHEN ?1 = moved_to THEN moved_since ELSE ?2 END,
			moved_to = ?1
		WHERE key = ?3`, nullable(result.MovedTo), millis(result.Visit.At), int64(result.Lease.Source.Key))
	return err
}

// visit puts a visit into the ring of its source, in the oldest one's place.
func (t *tx) visit(result *news.Result, recorded *news.Recorded) error {
	v := &result.Visit
	_, err := t.exec(`
		INSERT OR REPLACE INTO visits (key, at, duration, outcome, cause, detail, status, bytes, added, changed)
		VALUES ((SELECT `+lastVisit+` FROM schedule AS d WHERE d.source = ?), ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		int64(result.Lease.Source.Key), millis(v.At), int64(v.Duration), string(v.Outcome), nullable(v.Cause),
		nullable(v.Detail), int64(v.Status), v.Bytes, nonzero(recorded.New), nonzero(recorded.Changed))
	return err
}

// merge asks decide about a batch and stores what it says.
func (t *tx) merge(result *news.Result, decide news.Decide, recorded *news.Recorded) error {
	known, err := t.known(result)
	if err != nil {
		return fmt.Errorf("load what is known: %w", err)
	}
	changes := decide(known, result)
	return t.apply(known, result, &changes, recorded)
}
