-- What ids hang on for ever, why stories are as they are, and chores.

-- What made-up public ids hang on: the URL that a source was first configured
-- with, or file: and its name. Until now it was the URL of the moment.
ALTER TABLE sources ADD COLUMN space TEXT NOT NULL DEFAULT '';
UPDATE sources SET space = CASE WHEN url LIKE 'file:%' THEN 'file:' || name ELSE url END;
ALTER TABLE sources ADD COLUMN churn INTEGER NOT NULL DEFAULT 0;  -- visits in a row with nothing but new stories
ALTER TABLE sources ADD COLUMN capped INTEGER;                    -- when it last hit the limit of rows
ALTER TABLE sources ADD COLUMN warnings TEXT;
ALTER TABLE sources ADD COLUMN journaled TEXT;                    -- as the journal has it; NULL: not at all
ALTER TABLE sources ADD COLUMN retired INTEGER;                   -- since when it is configured no more

-- By which version of the sanitizing policy; local articles are not sanitized.
ALTER TABLE stories ADD COLUMN policy INTEGER NOT NULL DEFAULT 0;
CREATE INDEX stories_policy ON stories (policy) WHERE local = 0;
CREATE INDEX stories_first_seen ON stories (source, first_seen);

ALTER TABLE tombstones ADD COLUMN public_id TEXT;
ALTER TABLE tombstones ADD COLUMN kind TEXT NOT NULL DEFAULT 'retracted';
ALTER TABLE tombstones ADD COLUMN reason TEXT NOT NULL DEFAULT '';
ALTER TABLE tombstones ADD COLUMN at INTEGER;
ALTER TABLE tombstones ADD COLUMN hit INTEGER; -- last seen upstream; NULL: never since
ALTER TABLE tombstones ADD COLUMN canonical TEXT; -- a retracted link, whoever brings it
CREATE INDEX tombstones_canonical ON tombstones (canonical) WHERE canonical IS NOT NULL;
CREATE INDEX tombstones_public_id ON tombstones (public_id) WHERE public_id IS NOT NULL;

-- Public ids that can't be worked out from an id again: of stories that had
-- several ids, or whose public id another source asks for too. They outlive
-- their stories.
CREATE TABLE identities (
	source    INTEGER NOT NULL REFERENCES sources (key) ON DELETE CASCADE,
	id        TEXT    NOT NULL,
	public_id TEXT    NOT NULL,
	PRIMARY KEY (source, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX identities_public_id ON identities (public_id);

INSERT INTO identities (source, id, public_id)
SELECT a.source, a.id, st.public_id FROM aliases AS a JOIN stories AS st ON st.key = a.story
UNION
SELECT st.source, st.id, st.public_id FROM aliases AS a JOIN stories AS st ON st.key = a.story;

-- Under what a story with copies was first published in a feed.
CREATE TABLE standings (
	feed      TEXT    NOT NULL,
	canonical TEXT    NOT NULL,
	public_id TEXT    NOT NULL,
	date      INTEGER NOT NULL,
	PRIMARY KEY (feed, canonical)
) STRICT, WITHOUT ROWID;

CREATE INDEX standings_canonical ON standings (canonical);

-- The last decision of each kind about a story.
CREATE TABLE decisions (
	story  INTEGER NOT NULL REFERENCES stories (key) ON DELETE CASCADE,
	action TEXT    NOT NULL,
	at     INTEGER NOT NULL,
	id     TEXT    NOT NULL,
	reason TEXT    NOT NULL,
	PRIMARY KEY (story, action)
) STRICT, WITHOUT ROWID;

-- The last ids of each source that were left out or taken out.
CREATE TABLE dropped (
	source INTEGER NOT NULL REFERENCES sources (key) ON DELETE CASCADE,
	id     TEXT    NOT NULL,
	action TEXT    NOT NULL,
	at     INTEGER NOT NULL,
	reason TEXT    NOT NULL,
	PRIMARY KEY (source, id)
) STRICT, WITHOUT ROWID;

-- Work that one process does for all, leased as sources are.
CREATE TABLE chores (
	name         TEXT    PRIMARY KEY,
	due          INTEGER NOT NULL, -- the end of the lease while leased
	claim        INTEGER NOT NULL DEFAULT 0,
	leased_until INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- Lines that have yet to reach the journal beside the database.
CREATE TABLE journal (
	key  INTEGER PRIMARY KEY,
	line TEXT NOT NULL
) STRICT;

-- Which journal is this database's own, and how much of it, in bytes, the
-- database knows. One row.
CREATE TABLE lineage (
	id   TEXT    NOT NULL,
	read INTEGER NOT NULL
) STRICT;

-- One byte more than there is makes the journal be written anew.
INSERT INTO lineage (id, read)
VALUES (lower(hex(randomblob(8))), EXISTS (SELECT 1 FROM identities) OR EXISTS (SELECT 1 FROM tombstones));
