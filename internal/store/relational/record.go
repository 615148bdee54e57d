package relational

import (
	"context"
	"fmt"
	"time"

	"tributary/internal/news"
)

// Record stores results, all of them in one transaction: each whole or, when
// its claim is stale, not at all. A claim is stale once the source was claimed
// again, has its result already, or is configured no more.
func (db *DB) Record(ctx context.Context, results []news.Result, decide news.Decide) ([]news.Recorded, error) {
	var recorded []news.Recorded
	journaled := false
	mode := Recording
	for i := range results {
		if raises(&results[i]) {
			mode = Exclusive
		}
	}
	err := db.writeAs(ctx, mode, "record results", func(t *tx) error {
		if err := t.own.Recall(); err != nil {
			return err
		}
		recorded = make([]news.Recorded, len(results))
		err := t.recordAll(results, decide, recorded)
		journaled = t.journaled
		return err
	})
	if err != nil {
		return nil, err
	}
	db.journalAfter(ctx, journaled)
	return recorded, nil
}

// raises reports whether a result may raise revisions: it has stories, or it is
// the first one under new settings.
func raises(r *news.Result) bool {
	return r.Batch != nil || r.Validators != nil && r.Lease.Source.Validators == (news.Validators{})
}

func (t *tx) recordAll(results []news.Result, decide news.Decide, recorded []news.Recorded) error {
	if t.dialect.FinishAll != "" {
		return t.recordTogether(results, decide, recorded)
	}
	for i := range results {
		if err := t.record(&results[i], decide, &recorded[i]); err != nil {
			return ofSource(&results[i], err)
		}
	}
	return nil
}

// ofSource says which source an error is about.
func ofSource(result *news.Result, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("source %s: %w", result.Lease.Source.Name, err)
}

func (t *tx) record(result *news.Result, decide news.Decide, recorded *news.Recorded) error {
	before := t.executed
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
	if err := t.visit(result, recorded); err != nil {
		return err
	}
	t.remember(result, recorded, result.Batch != nil || t.executed > before+2)
	return nil
}

// finish ends the lease of a result, unless it is stale, and stores the new
// state of its source. Parts of it that seldom change are compared with what
// the lease carried, which nobody else changes while it lasts.
func (t *tx) finish(result *news.Result) (current bool, err error) {
	visit, lease := &result.Visit, &result.Lease
	n, err := t.exec(`
		UPDATE schedule
		SET due = ?, leased_until = 0, strike = 0, visits = visits + 1, hold_until = ? + delay, failures = ?, last_ok = ?
		WHERE source = ? AND claim = ? AND leased_until > 0`,
		millis(result.Due), ended(visit), int64(result.Failures), millis(lastOK(result)),
		int64(lease.Source.Key), lease.Claim)
	if err != nil || n == 0 {
		return false, err
	}
	return true, t.note(result)
}

// lastOK is when the source of a result was last read.
func lastOK(result *news.Result) time.Time {
	if result.Visit.Failed() {
		return result.Lease.Source.LastOK
	}
	return result.Visit.At
}

// ended is when a visit ended, in milliseconds.
func ended(v *news.Visit) int64 { return v.At.Add(v.Duration).UnixMilli() }

// visit puts a visit into the ring of its source, in the oldest one's place.
func (t *tx) visit(result *news.Result, recorded *news.Recorded) error {
	v, source := &result.Visit, result.Lease.Source.Key
	var place any // NULL: unknown
	if known := t.memory.get(source); known != nil {
		place = known.visits%50<<40 | int64(source)
	}
	if plain := t.dialect.PutUnchanged; plain != "" && isPlain(v, recorded) {
		return t.put(plain, place, int64(source), millis(v.At), int64(v.Duration), int64(v.Status))
	}
	return t.put(t.dialect.PutVisit,
		place, int64(source), millis(v.At), int64(v.Duration), string(v.Outcome), nullable(v.Cause),
		nullable(v.Detail), int64(v.Status), v.Bytes, nonzero(recorded.New), nonzero(recorded.Changed))
}

// isPlain reports whether a visit brought nothing but that all is as it was.
func isPlain(v *news.Visit, recorded *news.Recorded) bool {
	plain := news.Visit{At: v.At, Duration: v.Duration, Outcome: news.OutcomeUnchanged, Status: v.Status}
	return *v == plain && recorded.New+recorded.Changed == 0
}

// merge asks decide about a batch and stores what it says.
func (t *tx) merge(result *news.Result, decide news.Decide, recorded *news.Recorded) error {
	known, err := t.known(result)
	if err != nil {
		return fmt.Errorf("load what is known: %w", err)
	}
	changes := decide(known, result)
	a := applier{
		tx: t, source: &known.Source, batch: result.Batch, changes: &changes,
		now: result.Visit.At.Add(result.Visit.Duration),
	}
	return a.apply(recorded)
}
