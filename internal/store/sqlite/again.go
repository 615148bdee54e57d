package sqlite

import "tributary/internal/news"

// The beginnings of queries for items: all of a story, or what tells whether it
// is the one that is known. The long texts of the latter stay unread.
const (
	itemColumns  = `SELECT ` + storyColumns
	stampColumns = `SELECT st.key, st.source, st.updated, st.changed, st.updates, st.hash, st.raw_hash, st.words`
	placeColumns = `, p.date, coalesce(p.public_id, st.public_id)`
)

// againQuery gives stories that are not known after all.
const againQuery = `
	SELECT ` + storyColumns + `
	FROM stories AS st
	WHERE st.key IN (?...)`

// items gives the items that find finds, without what fill fills in. find runs a
// query that begins with columns.
func (t *tx) items(known news.Remembered, find func(columns string, each func(scanner) error) error) (items []news.Item, err error) {
	if len(known) == 0 {
		err = find(itemColumns, func(row scanner) error {
			var item news.Item
			var place news.Place
			err := scanStory(row, &item.Story, instant{&place.Date}, &place.PublicID)
			item.Date, item.PublicID = place.Date, place.PublicID
			items = append(items, item)
			return err
		})
		return items, err
	}
	items = make([]news.Item, 0, len(known))
	var unknown []news.StoryKey
	err = find(stampColumns, func(row scanner) error {
		var stamp news.Story
		var place news.Place
		err := row.Scan(&stamp.Key, &stamp.Source, instant{&stamp.Updated}, instant{&stamp.Changed}, &stamp.Updates,
			hash{&stamp.Hash}, hash{&stamp.RawHash}, &stamp.Words, instant{&place.Date}, &place.PublicID)
		if was := known[stamp.Key]; was != nil && sameStamp(was, &stamp) {
			stamp = *was
		} else {
			unknown = append(unknown, stamp.Key)
		}
		stamp.Date, stamp.PublicID = place.Date, place.PublicID
		items = append(items, news.Item{Story: stamp})
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
