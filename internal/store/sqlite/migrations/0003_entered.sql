-- A story has a number in each feed, from 1 on, in the order in which stories
-- entered it: archive pages hold runs of numbers. It was the feed's revision,
-- which several stories shared. Hidden copies have the number of the place
-- that they stand behind.
ALTER TABLE feeds ADD COLUMN entered INTEGER NOT NULL DEFAULT 0; -- the last number given

CREATE TEMP TABLE numbers AS
	SELECT p.feed, p.story, coalesce(p.public_id, st.public_id) AS public_id,
		dense_rank() OVER (PARTITION BY p.feed ORDER BY p.hidden, p.entered, p.date, p.story) AS number, p.hidden
	FROM feed_story AS p
	JOIN stories AS st ON st.key = p.story;

UPDATE feed_story
SET entered = (
	SELECT min(shown.number)
	FROM numbers AS own
	JOIN numbers AS shown ON shown.feed = own.feed AND shown.public_id = own.public_id
	WHERE own.feed = feed_story.feed AND own.story = feed_story.story);

UPDATE feeds
SET entered = coalesce((SELECT max(entered) FROM feed_story WHERE feed = feeds.key), 0);

DROP TABLE numbers;

CREATE INDEX feed_story_entered ON feed_story (feed, entered) WHERE hidden = 0;
