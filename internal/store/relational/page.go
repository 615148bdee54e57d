package relational

import (
	"context"
	"time"

	"tributary/internal/news"
)

// lookAhead is how many waiting pages one claim looks at: most of a backlog is
// on one host, which has one slot.
const lookAhead = 1000

// The queries of a claim of pages: those that are due, of the newest stories
// first; when the next one is; and how it stands with a host: when its pause
// ends, when the first of its slots that are all held comes back, and whether
// a source of it is due, which goes first.
const (
	pagesQuery = `
		SELECT f.story, st.link, f.tries, f.claim + 1, s.free_host
		FROM full_texts AS f
		CROSS JOIN full_text_sources AS s ON s.source = f.source
		CROSS JOIN sources AS o ON o.key = f.source AND o.active = 1
		CROSS JOIN stories AS st ON st.key = f.story
		WHERE f.pending = 1 AND f.due <= ?
		ORDER BY f.due, f.story DESC
		LIMIT ?`
	nextPageQuery = `
		SELECT min(due)
		FROM full_texts
		WHERE pending = 1 AND due > ?`
	pageHostQuery = `
		SELECT h.free_at,
			(SELECT CASE WHEN count(*) >= h.slots THEN min(d.hold_until) END
				FROM schedule AS d WHERE d.host = h.key AND d.hold_until > ?2),
			EXISTS (SELECT 1 FROM schedule AS d WHERE d.host = h.key AND d.due <= ?2 AND d.leased_until <= ?2)
		FROM hosts AS h
		WHERE h.name = ?1`
)

// sourceFirst is how long a page waits for a due source of its host.
const sourceFirst = time.Second

// pageClaim is one run of ClaimPages.
type pageClaim struct {
	*tx
	request news.PageClaim
	now     int64
	until   int64
	next    int64
	busy    map[string]bool
	picked  []news.PageLease
}

// ClaimPages leases the pages of stories that want their full text, one a host
// at most, with their hosts: neither another page nor a source of the host is
// claimed before the result is there and the pause over, or the lease.
func (db *DB) ClaimPages(ctx context.Context, request news.PageClaim) (claimed news.ClaimedPages, err error) {
	err = db.writeKnowing(ctx, "claim pages", func(t *tx) error {
		c := pageClaim{
			tx: t, request: request, busy: make(map[string]bool),
			now: request.Now.UnixMilli(), until: request.Now.Add(request.Lease).UnixMilli(),
		}
		claimed = news.ClaimedPages{}
		if err := c.run(); err != nil {
			return err
		}
		if len(c.picked) > 0 {
			t.memory.Forget() // their hosts are held now
		}
		claimed.Leases = c.picked
		if c.next != 0 {
			claimed.Next = time.UnixMilli(c.next).UTC()
		}
		return nil
	})
	if err != nil {
		return news.ClaimedPages{}, err
	}
	return claimed, nil
}

// waiting is a page that is due.
type waiting struct {
	lease news.PageLease
	host  string
	free  bool // its host needs no pause
}

func (c *pageClaim) run() error {
	var due []waiting
	err := c.query(pagesQuery, func(row scanner) error {
		var w waiting
		var freeHost string
		err := row.Scan(&w.lease.Story.Key, &w.lease.Story.Link, &w.lease.Tries, &w.lease.Claim, &freeHost)
		w.host = hostOf(w.lease.Story.Link)
		w.free = freeHost != "" && freeHost == w.host
		due = append(due, w)
		return err
	}, c.now, lookAhead)
	if err != nil {
		return err
	}
	for i := range due {
		if len(c.picked) >= c.request.Limit {
			c.after(c.now)
			break
		}
		if err := c.consider(&due[i]); err != nil {
			return err
		}
	}
	var next int64
	if _, err := c.one(nextPageQuery, []any{c.now}, &next); err != nil {
		return err
	}
	c.after(next)
	return c.fill()
}

// consider leases a page unless its host is busy.
func (c *pageClaim) consider(w *waiting) error {
	if !w.free {
		if c.busy[w.host] {
			return nil
		}
		c.busy[w.host] = true
		if c.dialect.LockHost != "" { // before it is read
			if _, err := c.exec(c.dialect.LockHost, w.host); err != nil {
				return err
			}
		}
		var freeAt, held int64
		var sourceDue bool
		if _, err := c.one(pageHostQuery, []any{w.host, c.now}, &freeAt, &held, &sourceDue); err != nil {
			return err
		}
		switch {
		case freeAt > c.now:
			c.after(freeAt)
			return nil
		case held > c.now:
			c.after(held)
			return nil
		case sourceDue:
			c.after(c.now + sourceFirst.Milliseconds())
			return nil
		}
		if _, err := c.exec(`
			INSERT INTO hosts (name, slots, free_at)
			VALUES (?, 1, ?)
			ON CONFLICT (name) DO UPDATE SET free_at = excluded.free_at`, w.host, c.until); err != nil {
			return err
		}
	}
	if _, err := c.exec(`
		UPDATE full_texts
		SET claim = claim + 1, due = ?1, leased_until = ?1
		WHERE story = ?2`, c.until, int64(w.lease.Story.Key)); err != nil {
		return err
	}
	w.lease.Until = time.UnixMilli(c.until).UTC()
	c.picked = append(c.picked, w.lease)
	return nil
}

// fill reads the stories of the picked pages.
func (c *pageClaim) fill() error {
	at := make(map[news.StoryKey]int, len(c.picked))
	keys := make([]news.StoryKey, len(c.picked))
	for i := range c.picked {
		keys[i] = c.picked[i].Story.Key
		at[keys[i]] = i
	}
	return queryList(c.tx, `
		SELECT `+storyColumns+`
		FROM stories AS st
		WHERE st.key IN (?...)`,
		func(row scanner) error {
			var story news.Story
			err := scanStory(row, &story)
			c.picked[at[story.Key]].Story = story
			return err
		}, keys)
}

// after notes that another claim may find something at a time; 0 is none.
func (c *pageClaim) after(at int64) {
	if at != 0 && (c.next == 0 || at < c.next) {
		c.next = at
	}
}

// freeHost gives a host back that was leased with a page.
func (t *tx) freeHost(result *news.PageResult, delay time.Duration) error {
	free := result.At.Add(delay)
	if result.HostFree.After(free) {
		free = result.HostFree
	}
	_, err := t.exec(`
		UPDATE hosts
		SET free_at = ?
		WHERE name = ? AND free_at = ?`,
		free.UnixMilli(), hostOf(result.Lease.Story.Link), result.Lease.Until.UnixMilli())
	return err
}
