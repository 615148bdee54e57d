-- Which host a source shares with others stands in its own row, so that a claim
-- finds what holds such a host without looking at all of its sources. What has a
-- host for itself isn't in that index, and pays nothing for it.
ALTER TABLE schedule ADD COLUMN shared INTEGER; -- host, where several rows have it

UPDATE schedule
SET shared = host
WHERE host IN (SELECT host FROM schedule WHERE host IS NOT NULL GROUP BY host HAVING count(*) > 1);

CREATE INDEX schedule_shared ON schedule (shared, hold_until) WHERE shared IS NOT NULL;

ALTER TABLE hosts DROP COLUMN shared;

-- Sources that wait for a shared host are passed over by the index alone.
DROP INDEX schedule_due;
CREATE INDEX schedule_due ON schedule (due, source, shared) WHERE due IS NOT NULL;
