-- Sources whose stories get their full text from the pages they link to.
CREATE TABLE full_text_sources (
	source    INTEGER PRIMARY KEY REFERENCES sources (key) ON DELETE CASCADE,
	delay     INTEGER NOT NULL, -- milliseconds between two pages of one host
	free_host TEXT              -- whose pages need no pause
) STRICT;

-- The pages of their stories: what is to be fetched, what was, and what the
-- feed had brought where a full text took its place.
CREATE TABLE full_texts (
	story        INTEGER PRIMARY KEY REFERENCES stories (key) ON DELETE CASCADE,
	source       INTEGER NOT NULL,
	pending      INTEGER NOT NULL DEFAULT 1, -- the page is to be fetched
	due          INTEGER NOT NULL DEFAULT 0, -- not before; the end of the lease while leased
	leased_until INTEGER NOT NULL DEFAULT 0, -- 0: not leased
	claim        INTEGER NOT NULL DEFAULT 0, -- the fence
	tries        INTEGER NOT NULL DEFAULT 0, -- that failed since the story changed
	fetched      INTEGER NOT NULL DEFAULT 0, -- pages that were read, ever
	text_hash    INTEGER, -- of the story with its full text; another one means that the feed changed it since
	feed_hash    INTEGER,
	feed_words   INTEGER,
	feed_image   TEXT,
	feed_excerpt TEXT,
	feed_summary TEXT,
	feed_content TEXT
) STRICT;

CREATE INDEX full_texts_due ON full_texts (due, story DESC) WHERE pending = 1;
CREATE INDEX full_texts_source ON full_texts (source);

-- Whoever stores a story queues its page.
CREATE TRIGGER full_text_of_new AFTER INSERT ON stories
WHEN NEW.link <> '' AND EXISTS (SELECT 1 FROM full_text_sources WHERE source = NEW.source)
BEGIN
	INSERT INTO full_texts (story, source) VALUES (NEW.key, NEW.source);
END;

CREATE TRIGGER full_text_of_changed AFTER UPDATE OF hash ON stories
WHEN NEW.hash <> OLD.hash AND NEW.link <> '' AND EXISTS (SELECT 1 FROM full_text_sources WHERE source = NEW.source)
BEGIN
	INSERT INTO full_texts (story, source) VALUES (NEW.key, NEW.source)
	ON CONFLICT (story) DO UPDATE SET pending = 1, tries = 0;
END;
