-- Instants are integer milliseconds since 1970 in UTC, NULL when unknown;
-- durations are nanoseconds; hashes are 64 bits read as a signed number;
-- lists and small objects are compact JSON, NULL when empty. What a source or
-- a visit seldom has is NULL when it is zero or empty.

CREATE TABLE hosts (
	key     INTEGER PRIMARY KEY,
	name    TEXT    NOT NULL UNIQUE,
	slots   INTEGER NOT NULL,           -- largest concurrency of its paced sources
	shared  INTEGER NOT NULL DEFAULT 0, -- whether the schedule has several rows of it
	free_at INTEGER NOT NULL DEFAULT 0  -- nobody visits it before
) STRICT;

-- A source and what seldom changes of its state. One that is configured no
-- more stays, with active = 0.
CREATE TABLE sources (
	key          INTEGER PRIMARY KEY AUTOINCREMENT,
	name         TEXT    NOT NULL,
	url          TEXT    NOT NULL,
	active       INTEGER NOT NULL,
	mirror       INTEGER NOT NULL,
	shape        TEXT    NOT NULL,           -- the settings that shape its stories
	stories      INTEGER NOT NULL DEFAULT 0, -- stored now
	health       TEXT    NOT NULL,
	since        INTEGER,
	loaded       INTEGER NOT NULL DEFAULT 0,
	untrusted    INTEGER NOT NULL DEFAULT 0,
	interval     INTEGER, -- that its document asks for
	skip_hours   INTEGER, -- bits 0 to 23
	skip_days    INTEGER, -- bits 0 to 6, Sunday first
	gap          INTEGER,
	moved_to     TEXT,
	moved_seen   INTEGER,
	moved_since  INTEGER,
	val_url      TEXT,
	val_etag     TEXT,
	val_modified TEXT,
	val_hash     INTEGER
) STRICT;

CREATE UNIQUE INDEX sources_name ON sources (name) WHERE active = 1;

-- What each visit rewrites, twice: once for the lease, once for the result.
-- Narrow rows, so that a round dirties few pages, and one index that moves.
CREATE TABLE schedule (
	source       INTEGER PRIMARY KEY REFERENCES sources (key) ON DELETE CASCADE,
	due          INTEGER,                        -- NULL: never; the end of the lease while leased
	claim        INTEGER NOT NULL DEFAULT 0,     -- the fence
	leased_until INTEGER NOT NULL DEFAULT 0,     -- 0: not leased
	strike       INTEGER NOT NULL DEFAULT 0,     -- claims since the last result
	host         INTEGER REFERENCES hosts (key), -- NULL: unpaced, or no host
	delay        INTEGER NOT NULL,               -- milliseconds between two visits to the host
	hold_until   INTEGER NOT NULL DEFAULT 0,     -- it holds a slot of the host: its lease, later the pause
	visits       INTEGER NOT NULL DEFAULT 0,     -- ever; places the ring of visits
	failures     INTEGER NOT NULL DEFAULT 0,
	last_ok      INTEGER
) STRICT;

CREATE INDEX schedule_due ON schedule (due) WHERE due IS NOT NULL;
CREATE INDEX schedule_host ON schedule (host) WHERE host IS NOT NULL;

-- What a source is called and may be used for: overrides from the config,
-- then what the feed says of itself.
CREATE TABLE source_infos (
	source       INTEGER PRIMARY KEY REFERENCES sources (key) ON DELETE CASCADE,
	title        TEXT NOT NULL,
	site         TEXT NOT NULL,
	author       TEXT NOT NULL,
	image        TEXT NOT NULL,
	tags         TEXT,
	content      TEXT NOT NULL,
	feed_title   TEXT NOT NULL DEFAULT '',
	feed_site    TEXT NOT NULL DEFAULT '',
	feed_author  TEXT NOT NULL DEFAULT '',
	feed_image   TEXT NOT NULL DEFAULT '',
	feed_id      TEXT NOT NULL DEFAULT '',
	feed_rights  TEXT NOT NULL DEFAULT '',
	feed_updated INTEGER
) STRICT;

-- The last fifty visits of each source: a new one takes the oldest one's place.
-- The key is ring << 40 | source, ring being the number of the visit modulo 50:
-- the visits of one round lie side by side, so that storing them dirties few
-- pages.
CREATE TABLE visits (
	key      INTEGER PRIMARY KEY,
	at       INTEGER,
	duration INTEGER NOT NULL,
	outcome  TEXT    NOT NULL,
	cause    TEXT,
	detail   TEXT,
	status   INTEGER NOT NULL,
	bytes    INTEGER NOT NULL,
	added    INTEGER,
	changed  INTEGER
) STRICT;

-- Long texts come last: what only needs the keys and hashes never reads the
-- overflow pages that hold them.
CREATE TABLE stories (
	key        INTEGER PRIMARY KEY AUTOINCREMENT,
	source     INTEGER NOT NULL REFERENCES sources (key) ON DELETE CASCADE,
	id         TEXT    NOT NULL,
	public_id  TEXT    NOT NULL,
	canonical  TEXT, -- NULL without a link
	published  INTEGER,
	updated    INTEGER,
	first_seen INTEGER,
	date       INTEGER,
	changed    INTEGER,
	updates    INTEGER NOT NULL,
	hash       INTEGER NOT NULL,
	raw_hash   INTEGER NOT NULL,
	original   INTEGER NOT NULL,
	local      INTEGER NOT NULL,
	dated      TEXT    NOT NULL,
	slug       TEXT    NOT NULL,
	language   TEXT    NOT NULL,
	words      INTEGER NOT NULL,
	title      TEXT    NOT NULL,
	link       TEXT    NOT NULL,
	comments   TEXT    NOT NULL,
	image      TEXT    NOT NULL,
	rights     TEXT    NOT NULL,
	authors    TEXT,
	categories TEXT,
	enclosures TEXT,
	origin     TEXT,
	excerpt    TEXT    NOT NULL,
	summary    TEXT    NOT NULL,
	content    TEXT    NOT NULL
) STRICT;

-- By id first: it also finds other sources' stories with the same id.
CREATE UNIQUE INDEX stories_id ON stories (id, source);
CREATE UNIQUE INDEX stories_public_id ON stories (public_id);
CREATE INDEX stories_newest ON stories (source, date DESC, key DESC);
CREATE INDEX stories_canonical ON stories (canonical) WHERE canonical IS NOT NULL;

CREATE TABLE aliases (
	source INTEGER NOT NULL REFERENCES sources (key) ON DELETE CASCADE,
	id     TEXT    NOT NULL,
	story  INTEGER NOT NULL REFERENCES stories (key) ON DELETE CASCADE,
	PRIMARY KEY (source, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX aliases_story ON aliases (story);

CREATE TABLE tombstones (
	source INTEGER NOT NULL REFERENCES sources (key) ON DELETE CASCADE,
	id     TEXT    NOT NULL,
	PRIMARY KEY (source, id)
) STRICT, WITHOUT ROWID;

-- A feed that is configured no more keeps its row, so that its revision goes
-- on rising should it come back.
CREATE TABLE feeds (
	key         INTEGER PRIMARY KEY,
	name        TEXT    NOT NULL UNIQUE,
	configured  INTEGER NOT NULL,
	fingerprint TEXT, -- of the places it has; NULL when they are those of no config
	revision    INTEGER NOT NULL DEFAULT 0
) STRICT;

INSERT INTO feeds (name, configured) VALUES ('@articles', 1);

-- Where stories stand in feeds, in the order in which they are read.
CREATE TABLE feed_story (
	feed      INTEGER NOT NULL REFERENCES feeds (key) ON DELETE CASCADE,
	hidden    INTEGER NOT NULL,
	date      INTEGER NOT NULL,
	story     INTEGER NOT NULL REFERENCES stories (key) ON DELETE CASCADE,
	public_id TEXT,             -- NULL: that of the story
	entered   INTEGER NOT NULL, -- the feed's revision when it was first shown there
	PRIMARY KEY (feed, hidden, date DESC, story DESC)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX feed_story_story ON feed_story (story, feed);
CREATE INDEX feed_story_public_id ON feed_story (public_id) WHERE public_id IS NOT NULL;
