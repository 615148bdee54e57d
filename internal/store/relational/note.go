package relational

import (
	"cmp"

	"tributary/internal/news"
)

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
	return t.put(`
		UPDATE sources
		SET health = ?, since = ?
		WHERE key = ?`,
		string(result.Health), millis(result.Visit.At), int64(state.Key))
}

// noteValidators stores validators in place of those that the lease carried:
// when SyncSources took those away meanwhile, the new ones stand for what is
// no longer wanted either. Where there were none, the source was not read under
// its settings yet; now it is, and the feeds with stories of it, if it has some,
// rise.
func (t *tx) noteValidators(result *news.Result) error {
	is, was := result.Validators, &result.Lease.Source.Validators
	if is == nil || *is == *was { // most 304s bring the same ones
		return nil
	}
	const query = `
		UPDATE sources
		SET val_url = ?, val_etag = ?, val_modified = ?, val_hash = ?
		WHERE key = ? AND val_url IS NOT DISTINCT FROM ? AND val_etag IS NOT DISTINCT FROM ?
			AND val_modified IS NOT DISTINCT FROM ? AND val_hash IS NOT DISTINCT FROM ?`
	args := []any{
		nullable(is.URL), nullable(is.ETag), nullable(is.LastModified), nonzero(is.BodyHash),
		int64(result.Lease.Source.Key),
		nullable(was.URL), nullable(was.ETag), nullable(was.LastModified), nonzero(was.BodyHash),
	}
	if *was != (news.Validators{}) || result.Lease.Source.Stories == 0 {
		return t.put(query, args...)
	}
	if n, err := t.exec(query, args...); err != nil || n == 0 {
		return err
	}
	return t.raiseOf(result.Lease.Source.Key)
}

// raiseOf raises the feeds that have a place of a source's stories.
func (t *tx) raiseOf(source news.SourceKey) error {
	var names []string
	err := t.query(`
		SELECT DISTINCT f.name
		FROM stories AS st
		JOIN feed_story AS p ON p.story = st.key
		JOIN feeds AS f ON f.key = p.feed
		WHERE st.source = ?`,
		func(row scanner) error {
			var name string
			err := row.Scan(&name)
			names = append(names, name)
			return err
		}, int64(source))
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := t.raise(name); err != nil {
			return err
		}
	}
	return nil
}

// notePace stores what bears on how often the source and its host are visited.
func (t *tx) notePace(result *news.Result) error {
	state := &result.Lease.Source
	if !result.HostFree.IsZero() {
		t.memory.Forget() // all sources of the host
		if err := t.put(`
			UPDATE hosts
			SET free_at = ?1
			WHERE name = ?2 AND free_at < ?1`,
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
	return t.put(`
		UPDATE sources
		SET interval = ?, skip_hours = ?, skip_days = ?, gap = ?
		WHERE key = ?`,
		nonzero(refresh.Interval), nonzero(setOf(refresh.SkipHours)), nonzero(setOf(refresh.SkipDays)), nonzero(gap),
		int64(state.Key))
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
	return t.put(`
		UPDATE sources
		SET moved_seen = CASE WHEN CAST(?1 AS TEXT) IS NULL THEN NULL WHEN ?1 = moved_to THEN moved_seen + 1 ELSE 1 END,
			moved_since = CASE WHEN CAST(?1 AS TEXT) IS NULL THEN NULL WHEN ?1 = moved_to THEN moved_since ELSE ?2 END,
			moved_to = ?1
		WHERE key = ?3`, nullable(result.MovedTo), millis(result.Visit.At), int64(result.Lease.Source.Key))
}
