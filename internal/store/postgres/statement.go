package postgres

import (
	"strconv"
	"strings"
	"sync"
)

// statements gives texts as PostgreSQL takes them; each is worked out once.
type statements struct {
	plain, returning sync.Map // by text
}

// text gives a statement of package relational.
func (s *statements) text(query string) string {
	if done, ok := s.plain.Load(query); ok {
		return done.(string)
	}
	done := translate(query)
	s.plain.Store(query, done)
	return done
}

// insert gives an INSERT that tells the key of the new row.
func (s *statements) insert(query string) string {
	if done, ok := s.returning.Load(query); ok {
		return done.(string)
	}
	done := translate(query) + " RETURNING key"
	s.returning.Store(query, done)
	return done
}

// translate rewrites a statement:
//
//  1. ?1 becomes $1, and ? one more than the largest number so far;
//  2. IN (?...) becomes = ANY($1), and NOT IN <> ALL, with the last number of all;
//  3. CROSS JOIN … ON becomes JOIN … ON: the order of joins is that of the text
//     anyway, as connections have join_collapse_limit = 1.
//
// What stands between quotes stays.
func translate(query string) string {
	query = strings.ReplaceAll(query, "CROSS JOIN", "JOIN")
	var b strings.Builder
	last := 0
	for quoted := false; len(query) > 0; {
		at := strings.IndexAny(query, "'?")
		if at < 0 || quoted && query[at] == '?' {
			if end := strings.IndexByte(query, '\''); quoted && end >= 0 {
				at = end
			} else {
				break
			}
		}
		if query[at] == '\'' {
			quoted = !quoted
			b.WriteString(query[:at+1])
			query = query[at+1:]
			continue
		}
		before, rest := query[:at], query[at+1:]
		if after, ok := strings.CutPrefix(rest, "...)"); ok {
			b.WriteString(listOperator(strings.TrimSuffix(before, "(")) + list)
			query = after
			continue
		}
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		number, err := strconv.Atoi(rest[:digits])
		if err != nil {
			number = last + 1
		}
		last = max(last, number)
		b.WriteString(before + "$" + strconv.Itoa(number))
		query = rest[digits:]
	}
	return strings.ReplaceAll(b.String()+query, list, "($"+strconv.Itoa(last+1)+")")
}

// list stands for the argument that is a list until all others have a number.
const list = "($list)"

// listOperator puts the operator of an array in place of the IN that a text ends
// with.
func listOperator(text string) string {
	text = strings.TrimSuffix(strings.TrimRight(text, " "), "IN")
	if negated, ok := strings.CutSuffix(text, "NOT "); ok {
		return negated + "<> ALL"
	}
	return text + "= ANY"
}
