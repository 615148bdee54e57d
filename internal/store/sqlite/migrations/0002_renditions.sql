-- What is published, for a program that starts again and for other processes
-- to agree on when bytes came to be what they are.
CREATE TABLE renditions (
	path         TEXT    NOT NULL PRIMARY KEY,
	kind         TEXT    NOT NULL,
	content_type TEXT    NOT NULL,
	links        TEXT,
	updated      INTEGER,
	tag          TEXT    NOT NULL,
	modified     INTEGER,
	date_shared  INTEGER NOT NULL,
	brotli_tried INTEGER NOT NULL,
	body         BLOB    NOT NULL,
	gzip         BLOB,
	brotli       BLOB
) STRICT;

-- The revision that the kept renditions of a feed show; NULL: none are kept.
ALTER TABLE feeds ADD COLUMN kept_revision INTEGER;
