package relational

import (
	"cmp"
	"context"
	"math"

	"tributary/internal/news"
)

// newestRows are the shown stories of a feed after a date and key, in the order
// in which feed_story holds them.
const newestRows = PlaceColumns + `
	FROM feed_story AS p
	CROSS JOIN stories AS st ON st.key = p.story
	WHERE p.feed = ? AND p.hidden = 0 AND (p.date, p.story) < (?, ?)
	ORDER BY p.date DESC, p.story DESC
	LIMIT ?`

// Newest gives the shown items of a feed, newest first.
func (db *DB) Newest(ctx context.Context, feed string, after news.Cursor, limit int, known news.Remembered) ([]news.Item, error) {
	date, key := after.Date.UnixMilli(), int64(after.Key)
	if after == (news.Cursor{}) {
		date, key = math.MaxInt64, math.MaxInt64
	}
	return db.items(ctx, feed, cmp.Or(db.dialect.Newest, newestRows), known, max(limit, 0), date, key, max(limit, 0))
}

// items gives the items of a feed, about so many, whose key is the first argument of rows.
func (db *DB) items(ctx context.Context, feed, rows string, known news.Remembered, size int, args ...any) ([]news.Item, error) {
	var items []news.Item
	err := db.read(ctx, "read feed "+feed, func(t *tx) error {
		items = nil
		e, err := t.edition(feed)
		if err != nil || e.feed == 0 {
			return err
		}
		items, err = t.items(known, size, func(columns string, each func(scanner) error) error {
			return t.query(columns+rows, each, append([]any{e.feed}, args...)...)
		})
		if err != nil {
			return err
		}
		return t.fill(e.feed, items)
	})
	if err != nil {
		return nil, err
	}
	return items, nil
}

// fill fills in what items of a feed have beside their story.
func (t *tx) fill(feed int64, items []news.Item) error {
	if err := t.fillFrom(items); err != nil {
		return err
	}
	return t.fillCopies(feed, items)
}

// Articles gives the local articles, newest first.
func (db *DB) Articles(ctx context.Context) ([]news.Item, error) {
	var items []news.Item
	err := db.read(ctx, "read articles", func(t *tx) error {
		items = nil
		err := t.query(`
			SELECT `+storyColumns+`
			FROM stories AS st
			WHERE st.source = (SELECT key FROM sources WHERE name = ? AND active = 1)
			ORDER BY st.date DESC, st.key DESC`,
			func(row scanner) error {
				var item news.Item
				err := scanStory(row, &item.Story)
				items = append(items, item)
				return err
			}, news.ArticlesName)
		if err != nil {
			return err
		}
		return t.fillFrom(items)
	})
	if err != nil {
		return nil, err
	}
	return items, nil
}

// fillFrom fills in where items come from.
func (t *tx) fillFrom(items []news.Item) error {
	var sources []news.SourceKey
	seen := make(map[news.SourceKey]bool)
	for i := range items {
		if key := items[i].Source; !seen[key] {
			seen[key] = true
			sources = append(sources, key)
		}
	}
	infos, err := t.infos(sources)
	for i := range items {
		items[i].From = infos[items[i].Source]
	}
	return err
}

// anyCopyQuery finds whether a feed has any hidden story: one step in an index,
// which most feeds spare the fifty of copiesQuery.
const anyCopyQuery = `
	SELECT EXISTS (SELECT 1 FROM feed_story WHERE feed = ? AND hidden = 1)`

// The hidden stories of a feed with canonical links.
const (
	copiesColumns = `SELECT ` + infoColumns + `, st.canonical, st.link`
	copiesRows    = `
	FROM stories AS st
	CROSS JOIN feed_story AS p ON p.story = st.key AND p.feed = ? AND p.hidden = 1
	JOIN sources AS s ON s.key = st.source
	JOIN source_infos AS i ON i.source = s.key
	WHERE st.canonical IN (?...)
	ORDER BY st.key`
)

// fillCopies fills in which other sources carry the same stories in a feed:
// its hidden places with the same canonical link, oldest copy first, each
// source once.
func (t *tx) fillCopies(feed int64, items []news.Item) error {
	var copied bool
	if _, err := t.one(anyCopyQuery, []any{feed}, &copied); err != nil || !copied {
		return err
	}
	byLink := make(map[string][]int)
	var links []string
	for i := range items {
		if link := items[i].Canonical; link != "" {
			if byLink[link] == nil {
				links = append(links, link)
			}
			byLink[link] = append(byLink[link], i)
		}
	}
	type carried struct {
		item   int
		source news.SourceKey
	}
	seen := make(map[carried]bool)
	return queryList(t, copiesColumns+cmp.Or(t.dialect.Copies, copiesRows),
		func(row scanner) error {
			var link, canonical string
			own, feed, err := scanInfo(row, &canonical, &link)
			for _, i := range byLink[canonical] {
				place := carried{i, own.Key}
				if items[i].Source == own.Key || seen[place] {
					continue
				}
				seen[place] = true
				items[i].AlsoIn = append(items[i].AlsoIn, news.Copy{Title: describe(own, feed).Title, Link: link})
			}
			return err
		}, links, feed)
}
