-- What readers were last given of each feed, which its next edition is held
-- against.
CREATE TABLE editions (
	feed        INTEGER PRIMARY KEY REFERENCES feeds (key) ON DELETE CASCADE,
	revision    INTEGER NOT NULL,
	fingerprint TEXT    NOT NULL,
	entered     INTEGER NOT NULL,
	complete    INTEGER NOT NULL,
	stories     TEXT -- NULL: whatever follows may be published
) STRICT;
