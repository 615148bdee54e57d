package relational

import (
	"cmp"
	"context"
	"slices"
	"time"

	"tributary/internal/news"
)

// Release gives leases back whose visits were given up, all of them in one
// transaction. Each source is due when it was, and the strike of the claim is
// gone; its host keeps its pause, as it may have been asked already. A stale
// lease changes nothing.
func (db *DB) Release(ctx context.Context, leases []news.Lease, now time.Time) error {
	bySource := func(a, b news.Lease) int { return cmp.Compare(a.Source.Key, b.Source.Key) }
	sorted := slices.SortedFunc(slices.Values(leases), bySource) // rows are locked in one order
	return db.writeAs(ctx, Recording, "release leases", func(t *tx) error {
		for i := range sorted {
			if err := t.release(&sorted[i], now); err != nil {
				return err
			}
		}
		return nil
	})
}

func (t *tx) release(lease *news.Lease, now time.Time) error {
	t.memory.drop(lease.Source.Key)
	return t.put(`
		UPDATE schedule
		SET due = ?, leased_until = 0, strike = strike - 1, hold_until = ? + delay
		WHERE source = ? AND claim = ? AND leased_until > 0`,
		millis(lease.Source.Due), now.UnixMilli(), int64(lease.Source.Key), lease.Claim)
}
