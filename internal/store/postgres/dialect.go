package postgres

import "tributary/internal/store/relational"

// Dialect gives what PostgreSQL says differently.
func (*engine) Dialect() *relational.Dialect { return &dialect }

var dialect = relational.Dialect{
	Arrays: true,

	LockDue: `
		SELECT source, host
		FROM schedule
		WHERE due <= ?
		ORDER BY due, source
		LIMIT ?
		FOR NO KEY UPDATE SKIP LOCKED`,
	LockRest: `
		SELECT source, host
		FROM schedule
		WHERE due <= ? AND (due, source) > (?, ?)
			AND coalesce(shared, 0) NOT IN (SELECT value::bigint FROM json_array_elements_text(?::json))
		ORDER BY due, source
		LIMIT ?
		FOR NO KEY UPDATE SKIP LOCKED`,
	LockSources: `
		SELECT source, host
		FROM schedule
		WHERE source IN (?...)
		ORDER BY source
		FOR NO KEY UPDATE`,
	LockHosts: `
		SELECT key
		FROM hosts
		WHERE key IN (?...)
		ORDER BY key
		FOR NO KEY UPDATE SKIP LOCKED`,
	CountDue:     `SELECT count(*) FROM (SELECT 1 FROM schedule WHERE due <= ? LIMIT ?) AS due`,
	LockSuspects: `SELECT pg_try_advisory_xact_lock(` + lockSpace + `, ` + lockSuspects + `)`,
	LockHost:     `SELECT key FROM hosts WHERE name = ? FOR NO KEY UPDATE`,

	FinishAll: `
		UPDATE schedule AS d
		SET due = nullif(r.due, 0), leased_until = 0, strike = 0, visits = d.visits + 1, hold_until = r.ended + d.delay,
			failures = r.failures, last_ok = nullif(r.last_ok, 0)
		FROM unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[])
			AS r (source, claim, due, ended, failures, last_ok)
		WHERE d.source = r.source AND d.claim = r.claim AND d.leased_until > 0
		RETURNING d.source, d.claim, d.visits`,
	PutVisits: `
		INSERT INTO visits (key, at, duration, outcome, cause, detail, status, bytes, added, changed)
		SELECT key, nullif(at, 0), duration, outcome, nullif(cause, ''), nullif(detail, ''), status, bytes,
			nullif(added, 0), nullif(changed, 0)
		FROM unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::text[], ?::text[], ?::text[], ?::bigint[], ?::bigint[],
			?::bigint[], ?::bigint[])
			AS v (key, at, duration, outcome, cause, detail, status, bytes, added, changed)` + replaceVisit,
	PutVisit: `
		INSERT INTO visits (key, at, duration, outcome, cause, detail, status, bytes, added, changed)
		VALUES (coalesce(?, (SELECT ` + relational.LastVisit + ` FROM schedule AS d WHERE d.source = ?)), ?, ?, ?, ?, ?, ?, ?, ?, ?)` + replaceVisit,

	// Keys first, and only then what they are the keys of: whatever the planner
	// believes of the tables, it can't read stories in an order of its own.
	Newest: relational.PlaceColumns + `
		FROM (
			SELECT story, date, public_id
			FROM feed_story
			WHERE feed = ? AND hidden = 0 AND (date, story) < (?, ?)
			ORDER BY date DESC, story DESC
			LIMIT ?) AS p
		CROSS JOIN stories AS st ON st.key = p.story
		ORDER BY p.date DESC, p.story DESC`,
	// OFFSET and LATERAL keep the planner from beginning with the feed.
	Copies: `
		FROM (SELECT key, source, canonical, link FROM stories WHERE canonical IN (?...) OFFSET 0) AS st
		CROSS JOIN LATERAL (
			SELECT 1 FROM feed_story WHERE story = st.key AND feed = ? AND +hidden = 1 OFFSET 0) AS p ON true
		CROSS JOIN sources AS s ON s.key = st.source
		CROSS JOIN source_infos AS i ON i.source = s.key
		ORDER BY st.key`,
	SpreadItems: relational.PlaceColumns + `
		FROM feed_story AS p
		CROSS JOIN stories AS st ON st.key = p.story
		WHERE +p.feed = ? AND +p.hidden = 0 AND p.story IN (?...)`,
}

const replaceVisit = `
		ON CONFLICT (key) DO UPDATE
		SET at = excluded.at, duration = excluded.duration, outcome = excluded.outcome, cause = excluded.cause,
			detail = excluded.detail, status = excluded.status, bytes = excluded.bytes, added = excluded.added,
			changed = excluded.changed`

// The advisory locks of one site: those of its schema.
const (
	lockSpace    = `hashtext(current_schema())`
	lockMerge    = `1` // held by exclusive transactions
	lockSuspects = `2` // by claims that look at suspects
	lockSchema   = `3` // while the schema is moved
)
