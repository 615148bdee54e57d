-- Slugs that a local article had before: a JSON list, NULL for none. Their
-- addresses lead to the article.
ALTER TABLE stories ADD COLUMN former_slugs TEXT;
