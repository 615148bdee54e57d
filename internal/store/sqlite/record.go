package sqlite

import (
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
// state of its source.
func (t *tx) finish(result *news.Result) (current bool, err error) {
	visit := &result.Visit
	at := visit.At.UnixMilli()
	end := visit.At.Add(visit.Duration).UnixMilli()
	var ok any
	if !visit.Failed() {
		ok = at
	}
	health := string(result.Health)
	key := int64(result.Lease.Source.Key)
	n, err := t.exec(`
		UPDATE sources
		SET due = ?, leased_until = 0, strike = 0, visits = visits + 1,
			hold_until = CASE WHEN hold_host IS NULL THEN 0 ELSE ? + delay END,
			since = CASE WHEN health = ? THEN since ELSE ? END, health = ?,
			failures = ?, last_ok = coalesce(?, last_ok)
		WHERE key = ? AND claim = ? AND leased_until > 0`,
		millis(result.Due), end, health, at, health, int64(result.Failures), ok, key, result.Lease.Claim)
	if err != nil || n == 0 {
		return false, err
	}
	return true, t.finishMore(result, key, at)
}

// finishMore stores the parts that few results have.
func (t *tx) finishMore(result *news.Result, key, at int64) error {
	if v := result.Validators; v != nil && *v != result.Lease.Source.Validators { // most 304s bring the same ones
		if _, err := t.exec(`
			UPDATE sources
			SET val_url = ?, val_etag = ?, val_modified = ?, val_hash = ?
			WHERE key = ?`,
			v.URL, v.ETag, v.LastModified, int64(v.BodyHash), key); err != nil {
			return err
		}
	}
	if !result.HostFree.IsZero() {
		if _, err := t.exec(`
			UPDATE hosts
			SET free_at = max(free_at, ?)
			WHERE key = (SELECT hold_host FROM sources WHERE key = ?)`,
			result.HostFree.UnixMilli(), key); err != nil {
			return err
		}
	}
	if result.Visit.Failed() || result.MovedTo == "" && result.Lease.Source.MovedTo == "" {
		return nil // a visit that failed says nothing of where the source is
	}
	_, err := t.exec(`
		UPDATE sources
		SET moved_seen = CASE ?1 WHEN '' THEN 0 WHEN moved_to THEN moved_seen + 1 ELSE 1 END,
			moved_since = CASE ?1 WHEN '' THEN NULL WHEN moved_to THEN moved_since ELSE ?2 END,
			moved_to = ?1
		WHERE key = ?3`, result.MovedTo, at, key)
	return err
}

// visit puts a visit into the ring of its source, in the oldest one's place.
func (t *tx) visit(result *news.Result, recorded *news.Recorded) error {
	v := &result.Visit
	_, err := t.exec(`
		INSERT OR REPLACE INTO visits (source, ring, at, duration, outcome, cause, detail, status, bytes, added, changed)
		VALUES (?1, (SELECT (visits + 49) % 50 FROM sources WHERE key = ?1), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)`,
		int64(result.Lease.Source.Key), millis(v.At), int64(v.Duration), string(v.Outcome), string(v.Cause), v.Detail,
		int64(v.Status), v.Bytes, int64(recorded.New), int64(recorded.Changed))
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
