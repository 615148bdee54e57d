package relational

import (
	"context"
	"time"

	"tributary/internal/news"
)

// ClaimChore leases the chore that is longest due, if one is.
func (db *DB) ClaimChore(ctx context.Context, request news.ChoreRequest) (news.ClaimedChore, error) {
	var claimed news.ClaimedChore
	// It changes no source: what the session remembers of them stays true.
	err := db.writeKnowing(ctx, "claim a chore", func(t *tx) error {
		claimed = news.ClaimedChore{}
		now := request.Now.UnixMilli()
		for _, name := range request.Names {
			if _, err := t.exec(`
				INSERT INTO chores (name, due)
				VALUES (?, ?)
				ON CONFLICT DO NOTHING`, name, now); err != nil {
				return err
			}
		}
		until := request.Now.Add(request.Lease).UnixMilli()
		if err := queryList(t, `
			UPDATE chores
			SET claim = claim + 1, due = ?1, leased_until = ?1
			WHERE name = (SELECT name FROM chores WHERE due <= ?2 AND name IN (?...) ORDER BY due, name LIMIT 1)
			RETURNING name, claim`,
			func(row scanner) error {
				claimed.Lease = new(news.ChoreLease)
				return row.Scan(&claimed.Lease.Name, &claimed.Lease.Claim)
			}, request.Names, until, now); err != nil {
			return err
		}
		return queryList(t, `SELECT min(due) FROM chores WHERE name IN (?...)`,
			func(row scanner) error { return row.Scan(instant{&claimed.Next}) }, request.Names)
	})
	if err != nil {
		return news.ClaimedChore{}, err
	}
	return claimed, nil
}

// FinishChore ends the lease of a chore, unless another process has it by now,
// and says when it is due again.
func (db *DB) FinishChore(ctx context.Context, lease news.ChoreLease, due time.Time) error {
	return db.writeKnowing(ctx, "finish chore "+lease.Name, func(t *tx) error { // no source either
		_, err := t.exec(`
			UPDATE chores
			SET due = ?, leased_until = 0
			WHERE name = ? AND claim = ? AND leased_until > 0`,
			due.UnixMilli(), lease.Name, lease.Claim)
		return err
	})
}
