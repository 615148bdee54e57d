package postgres

import (
	"context"

	"tributary/internal/store/relational"
)

// Size gives the bytes of the site's tables with their indexes; 0 when the
// database doesn't answer.
func (db *DB) Size(ctx context.Context) (sum int64) {
	_ = db.engine.Read(ctx, func(own relational.Session) error {
		return scanOne(own, `
			SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint
			FROM pg_class
			WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'`, &sum)
	})
	return sum
}
