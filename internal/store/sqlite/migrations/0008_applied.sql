-- The config that was applied last, without its secrets and without the keys of
-- one node: what `plan` compares with, and how a process learns that another
-- one applied a different config. One row at most.
CREATE TABLE applied (
	key    INTEGER PRIMARY KEY CHECK (key = 1),
	hash   TEXT    NOT NULL,
	config TEXT    NOT NULL,
	at     INTEGER NOT NULL
) STRICT;

-- Lists of sources that are kept elsewhere: the last good state of each, and
-- when it is asked for next.
CREATE TABLE reading_lists (
	address      TEXT    PRIMARY KEY,
	entries      TEXT,    -- NULL until it was read once
	changed      INTEGER, -- when entries last changed
	checked      INTEGER,
	due          INTEGER,
	trouble      TEXT,    -- why it could not be read; NULL while it can
	val_url      TEXT,
	val_etag     TEXT,
	val_modified TEXT,
	val_hash     INTEGER
) STRICT, WITHOUT ROWID;
