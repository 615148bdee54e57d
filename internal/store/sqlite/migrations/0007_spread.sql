-- What a feed shows of each of its sources, so that the newest stories of many
-- can be read without those of one that floods the feed.
ALTER TABLE feed_story ADD COLUMN source INTEGER NOT NULL DEFAULT 0; -- of the story

UPDATE feed_story
SET source = (SELECT source FROM stories WHERE key = feed_story.story);

CREATE INDEX feed_story_source ON feed_story (feed, source, date DESC, story DESC) WHERE hidden = 0;

-- No story of the source in the feed is newer. There may be none of that date
-- left, or none at all: then a look at it was for nothing.
CREATE TABLE feed_sources (
	feed   INTEGER NOT NULL REFERENCES feeds (key) ON DELETE CASCADE,
	source INTEGER NOT NULL REFERENCES sources (key) ON DELETE CASCADE,
	newest INTEGER NOT NULL,
	PRIMARY KEY (feed, source)
) STRICT, WITHOUT ROWID;

CREATE INDEX feed_sources_newest ON feed_sources (feed, newest DESC, source);

INSERT INTO feed_sources (feed, source, newest)
SELECT feed, source, max(date)
FROM feed_story
GROUP BY feed, source;

CREATE TRIGGER feed_story_placed AFTER INSERT ON feed_story
BEGIN
	INSERT INTO feed_sources (feed, source, newest)
	VALUES (NEW.feed, NEW.source, NEW.date)
	ON CONFLICT (feed, source) DO UPDATE SET newest = excluded.newest WHERE excluded.newest > newest;
END;

CREATE TRIGGER feed_story_moved AFTER UPDATE OF date ON feed_story WHEN NEW.date > OLD.date
BEGIN
	UPDATE feed_sources
	SET newest = NEW.date
	WHERE feed = NEW.feed AND source = NEW.source AND newest < NEW.date;
END;
