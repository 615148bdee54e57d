package postgres

import (
	"context"
	"fmt"
	"strings"

	"tributary/internal/store/relational"
)

// Query gives one of relational.Queries.
func Query(name string) string { return relational.Queries(&dialect)[name] }

// Plan gives the plan of a query, as any values would be run.
func (db *DB) Plan(ctx context.Context, query string) (plan string, err error) {
	query = translate(query)
	marks := 0
	for strings.Contains(query, fmt.Sprintf("$%d", marks+1)) {
		marks++
	}
	nulls := strings.TrimSuffix(strings.Repeat("NULL, ", marks), ", ")
	err = db.engine.once(ctx, []string{`BEGIN`, `SET LOCAL plan_cache_mode = force_generic_plan`}, func(own relational.Session) error {
		s := own.(*session)
		if err := s.script(`PREPARE planned AS ` + query); err != nil {
			return err
		}
		call := `EXPLAIN (COSTS OFF) EXECUTE planned`
		if marks > 0 {
			call += `(` + nulls + `)`
		}
		results, err := s.conn.PgConn().Exec(ctx, call).ReadAll()
		if err != nil {
			return err
		}
		for _, row := range results[0].Rows {
			plan += string(row[0]) + "\n"
		}
		return s.script(`DEALLOCATE planned`)
	})
	return plan, err
}

// Exec runs SQL that no method does.
func (db *DB) Exec(ctx context.Context, query string, args ...any) error {
	return db.engine.once(ctx, []string{`BEGIN`}, func(own relational.Session) error {
		_, err := own.Exec(query, args...)
		return err
	})
}
