package sqlite

import "tributary/internal/store/relational"

// Dialect gives what SQLite says differently.
func (engine) Dialect() *relational.Dialect { return &dialect }

// No row is ever locked: a transaction that writes has the whole database.
var dialect = relational.Dialect{
	Rest: `
		SELECT source
		FROM schedule
		WHERE due <= ? AND (due, source) > (?, ?)
			AND coalesce(shared, 0) NOT IN (SELECT value FROM json_each(?))
		ORDER BY due, source
		LIMIT ?`,
	PutVisit: `
		INSERT OR REPLACE INTO visits (key, at, duration, outcome, cause, detail, status, bytes, added, changed)
		VALUES (coalesce(?, (SELECT ` + relational.LastVisit + ` FROM schedule AS d WHERE d.source = ?)), ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
	PutUnchanged: `
		INSERT OR REPLACE INTO visits (key, at, duration, outcome, status, bytes)
		VALUES (coalesce(?, (SELECT ` + relational.LastVisit + ` FROM schedule AS d WHERE d.source = ?)), ?, ?, 'unchanged', ?, 0)`,
	// The engine would look at the whole feed rather than at the stories.
	SpreadItems: relational.PlaceColumns + `
		FROM feed_story AS p INDEXED BY feed_story_story
		CROSS JOIN stories AS st ON st.key = p.story
		WHERE p.feed = ? AND p.hidden = 0 AND p.story IN (?...)`,
}
