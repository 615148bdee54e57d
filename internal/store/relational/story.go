package relational

import "tributary/internal/news"

// storyColumns are what scanStory reads, of stories AS st.
const storyColumns = `
	st.key, st.source, st.id, st.public_id, st.canonical, st.published, st.updated, st.first_seen,
	st.date, st.changed, st.updates, st.hash, st.raw_hash, st.original, st.local, st.dated, st.slug,
	st.language, st.words, st.title, st.link, st.comments, st.image, st.rights,
	st.authors, st.categories, st.enclosures, st.origin, st.excerpt, st.summary, st.content, st.policy, st.former_slugs`

// scanStory reads storyColumns and then more.
func scanStory(row scanner, s *news.Story, more ...any) error {
	return row.Scan(storyFields(s, more...)...)
}

// storyFields are what storyColumns are read into, and then more. They serve for
// many rows where the story is emptied before each.
func storyFields(s *news.Story, more ...any) []any {
	return append([]any{
		&s.Key, &s.Source, &s.ID, &s.PublicID, &s.Canonical, instant{&s.Published}, instant{&s.Updated},
		instant{&s.FirstSeen}, instant{&s.Date}, instant{&s.Changed}, &s.Updates, hash{&s.Hash}, hash{&s.RawHash},
		&s.Original, &s.Local, &s.Dated, &s.Slug, &s.Language, &s.Words, &s.Title, &s.Link, &s.Comments, &s.Image,
		&s.Rights, object{&s.Authors}, object{&s.Categories}, object{&s.Enclosures}, object{&s.Origin},
		&s.Excerpt, &s.Summary, &s.Content, &s.Policy, object{&s.FormerSlugs},
	}, more...)
}

// storyValues gives the values of a story's columns but its key and its
// public id, in the order of insertStory.
func storyValues(s *news.Story) ([]any, error) {
	authors, err1 := list(s.Authors)
	categories, err2 := list(s.Categories)
	enclosures, err3 := list(s.Enclosures)
	former, err4 := list(s.FormerSlugs)
	var origin any
	var err5 error
	if s.Origin != nil {
		origin, err5 = compact(s.Origin)
	}
	for _, err := range []error{err1, err2, err3, err4, err5} {
		if err != nil {
			return nil, err
		}
	}
	return []any{
		int64(s.Source), s.ID, nullable(s.Canonical), millis(s.Published), millis(s.Updated), millis(s.FirstSeen),
		millis(s.Date), millis(s.Changed), s.Updates, int64(s.Hash), int64(s.RawHash), s.Original, s.Local,
		string(s.Dated), s.Slug, s.Language, s.Words, s.Title, s.Link, s.Comments, s.Image, s.Rights,
		authors, categories, enclosures, origin, s.Excerpt, s.Summary, s.Content, int64(s.Policy), former,
	}, nil
}

// insertStory stores a new story. Its key, the greatest of all, is there after a
// flush.
func (t *tx) insertStory(s *news.Story, key *int64) error {
	values, err := storyValues(s)
	if err != nil {
		return err
	}
	return t.insert(`
		INSERT INTO stories (
			source, id, canonical, published, updated, first_seen,
			date, changed, updates, hash, raw_hash, original, local,
			dated, slug, language, words, title, link, comments, image, rights,
			authors, categories, enclosures, origin, excerpt, summary, content, policy, former_slugs, public_id)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, key,
		append(values, s.PublicID)...)
}

// updateStory stores a known story anew. Its public id stays, whatever it says.
// there is set after a flush, if the story is stored.
func (t *tx) updateStory(s *news.Story, there *bool) error {
	values, err := storyValues(s)
	if err != nil {
		return err
	}
	t.executed++
	return t.later(`
		UPDATE stories
		SET source = ?, id = ?, canonical = ?, published = ?, updated = ?, first_seen = ?,
			date = ?, changed = ?, updates = ?, hash = ?, raw_hash = ?, original = ?, local = ?,
			dated = ?, slug = ?, language = ?, words = ?, title = ?, link = ?, comments = ?, image = ?, rights = ?,
			authors = ?, categories = ?, enclosures = ?, origin = ?, excerpt = ?, summary = ?, content = ?, policy = ?, former_slugs = ?
		WHERE key = ?
		RETURNING 1`,
		func(row scanner) error { return row.Scan(there) },
		append(values, int64(s.Key))...)
}
