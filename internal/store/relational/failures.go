package relational

import (
	"context"

	"tributary/internal/news"
)

// Failures gives the last visits, newest first, of each configured source that
// has a failed one among them. It looks through the visits of all sources once.
func (db *DB) Failures(ctx context.Context) (map[news.SourceKey][]news.Visit, error) {
	visits := make(map[news.SourceKey][]news.Visit)
	err := db.read(ctx, "list failed visits", func(t *tx) error {
		// In this order: left to itself, the engine looks through the visits of
		// all sources once for each source.
		return t.query(`
			WITH RECURSIVE
				rings (ring) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT ring + 1 FROM rings WHERE ring < 49),
				failing (source) AS MATERIALIZED (SELECT DISTINCT key & 1099511627775 FROM visits WHERE outcome = ?)
			SELECT d.source, v.at, v.duration, v.outcome, v.cause, v.detail, v.status, v.bytes, v.added, v.changed
			FROM failing AS f
			CROSS JOIN sources AS s ON s.key = f.source AND s.active = 1
			CROSS JOIN schedule AS d ON d.source = s.key
			CROSS JOIN rings AS r ON true
			CROSS JOIN visits AS v ON v.key = (r.ring << 40 | d.source)
			ORDER BY d.source, (d.visits + 49 - r.ring) % 50`,
			func(row scanner) error {
				var source news.SourceKey
				var v news.Visit
				if err := row.Scan(&source, instant{&v.At}, &v.Duration, &v.Outcome, &v.Cause, &v.Detail,
					&v.Status, &v.Bytes, &v.New, &v.Changed); err != nil {
					return err
				}
				visits[source] = append(visits[source], v)
				return nil
			}, string(news.OutcomeFailed))
	})
	return visits, err
}
