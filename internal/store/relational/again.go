package relational

import "tributary/internal/news"

// The beginnings of queries for items: all of a story, or what tells whether it
// is the one that is known. The long texts of the latter stay unread.
const (
	itemColumns  = `SELECT ` + storyColumns
	stampColumns = `SELECT st.key, st.source, st.updated, st.changed, st.updates, st.hash, st.raw_hash, st.words`

	// PlaceColumns follow them: of stories AS st and a place AS p.
	PlaceColumns = `, p.date, coalesce(p.public_id, st.public_id)`
)

// againQuery gives stories that are not known after all.
const againQuery = `
	SELECT ` + storyColumns + `
	FROM stories AS st
	WHERE st.key IN (?...)`

// items gives the items that find finds, about so many, without what fill fills
// in. find runs a query that begins with columns.
func (t *tx) items(known news.Remembered, size int, find func(columns string, each func(scanner) error) error) ([]news.Item, error) {
	items := make([]news.Item, 0, min(size, maxList))
	var story news.Story
	var place news.Place
	into, columns := []any{}, itemColumns
	if len(known) == 0 {
		into = storyFields(&story)
	} else {
		columns = stampColumns
		into = append(into, &story.Key, &story.Source, instant{&story.Updated}, instant{&story.Changed}, &story.Updates,
			hash{&story.Hash}, hash{&story.RawHash}, &story.Words)
	}
	into = append(into, instant{&place.Date}, &place.PublicID)
	var unknown []news.StoryKey
	err := find(columns, func(row scanner) error {
		story = news.Story{}
		err := row.Scan(into...)
		if was := known[story.Key]; was != nil && sameStamp(was, &story) {
			story = *was
		} else if len(known) > 0 {
			unknown = append(unknown, story.Key)
		}
		story.Date, story.PublicID = place.Date, place.PublicID
		items = append(items, news.Item{Story: story})
		return err
	})
	if err != nil {
		return nil, err
	}
	return items, t.readAgain(items, unknown)
}

// sameStamp reports whether a story is the same. Its hash is over all that it
// says, and whatever else is stored of it changes along with one of these.
func sameStamp(a, b *news.Story) bool {
	return a.Source == b.Source && a.Hash == b.Hash && a.RawHash == b.RawHash && a.Updates == b.Updates &&
		a.Words == b.Words && a.Updated.Equal(b.Updated) && a.Changed.Equal(b.Changed)
}

// readAgain reads the stories of those items whose keys are given.
func (t *tx) readAgain(items []news.Item, keys []news.StoryKey) error {
	if len(keys) == 0 {
		return nil
	}
	at := make(map[news.StoryKey]*news.Item, len(items))
	for i := range items {
		at[items[i].Key] = &items[i]
	}
	return queryList(t, againQuery, func(row scanner) error {
		var story news.Story
		err := scanStory(row, &story)
		if item := at[story.Key]; item != nil {
			story.Date, story.PublicID = item.Date, item.PublicID // those of the place
			item.Story = story
		}
		return err
	}, keys)
}
