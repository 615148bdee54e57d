package postgres

import "testing"

func TestTranslate(t *testing.T) {
	t.Parallel()
	tests := []struct{ reason, query, want string }{
		{"nothing to do", `SELECT 1`, `SELECT 1`},
		{"in their order", `VALUES (?, ?)`, `VALUES ($1, $2)`},
		{"with a number", `a = ?2 AND b = ?1 AND c = ?2`, `a = $2 AND b = $1 AND c = $2`},
		{"after one with a number", `a = ?2 AND b = ?`, `a = $2 AND b = $3`},
		{"two digits", `?10 ?`, `$10 $11`},
		{"a list", `a = ? AND b IN (?...)`, `a = $1 AND b = ANY($2)`},
		{"a list after numbers", `due = ?1, until = ?1 WHERE b IN (?...) LIMIT 1`, `due = $1, until = $1 WHERE b = ANY($2) LIMIT 1`},
		{"a list before others", `a IN (?...) AND b = ?`, `a = ANY($2) AND b = $1`},
		{"not in a list", `a NOT IN (?...)`, `a <> ALL($1)`},
		{"between quotes", `a = '?' AND b = ? AND c LIKE 'it''s?' AND d = ?`, `a = '?' AND b = $1 AND c LIKE 'it''s?' AND d = $2`},
		{"quotes at the end", `a = ? AND b = '?'`, `a = $1 AND b = '?'`},
		{"the order of joins", `a CROSS JOIN b ON true`, `a JOIN b ON true`},
	}
	for _, test := range tests {
		if got := translate(test.query); got != test.want {
			t.Errorf("%s: %s, want %s", test.reason, got, test.want)
		}
	}
}
