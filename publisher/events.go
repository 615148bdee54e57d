package publisher

import (
	"slices"
	"sync"
	"time"

	"tributary/internal/news"
	"tributary/publisher/render"
)

const (
	// recentEvents is how many events of a feed are kept for followers that
	// were away for a moment.
	recentEvents = 32
	// followerBuffer is how many events a follower may be behind.
	followerBuffer = 8
)

// Event tells of stories that are new in a feed, or that it has to be loaded
// anew because one was taken out.
type Event struct {
	Revision int64  // of the feed, rising from event to event
	Stories  []byte // a JSON array on one line, newest first; see render.Teasers. Nil: load it anew
}

// Following is one follower's view of a feed.
type Following struct {
	Revision int64   // of the feed as it is served now
	Missed   []Event // since the revision asked for, oldest first
	// Complete is unset when more may have been missed than Missed tells: the
	// follower has to load the feed.
	Complete bool
	// Events brings what comes. It is closed when the follower doesn't keep
	// up, or the feed is configured no more.
	Events <-chan Event
	Stop   func() // must be called once
}

// Follow gives the events of a feed after a revision; below 1 asks for those to
// come only. ok is false for a feed that isn't published.
func (p *Publisher) Follow(feed string, after int64) (f Following, ok bool) {
	return p.streams.follow(feed, after)
}

// streams are the events of all feeds.
type streams struct {
	mu    sync.Mutex
	feeds map[string]*stream
}

// stream is the events of one feed. Its streams' mutex guards it.
type stream struct {
	revision  int64 // of the newest edition
	since     int64 // what happened after this revision is known
	recent    []Event
	followers map[chan Event]bool
	newest    []shownStory // the newest edition, in its order
}

// shownStory is a story of an edition.
type shownStory struct {
	id     string // public
	source news.SourceKey
	date   time.Time
}

func (s *streams) follow(feed string, after int64) (f Following, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.feeds[feed]
	if st == nil {
		return f, false
	}
	events := make(chan Event, followerBuffer)
	st.followers[events] = true
	f = Following{Revision: st.revision, Events: events}
	f.Complete = after < 1 || after >= st.since && after <= st.revision
	f.Stop = func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(st.followers, events)
	}
	for _, e := range st.recent {
		if after >= 1 && e.Revision > after {
			f.Missed = append(f.Missed, e)
		}
	}
	return f, true
}

// publish tells the followers of a feed what is new in its edition. Where a
// story was taken out, they load the feed anew, and so will those who were away:
// what was told of it before is told to nobody else.
func (s *streams) publish(edition *news.Edition, revision int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.feeds[edition.Feed.Name]
	if st == nil {
		st = &stream{since: revision, followers: map[chan Event]bool{}}
		if s.feeds == nil {
			s.feeds = map[string]*stream{}
		}
		s.feeds[edition.Feed.Name] = st
		st.take(edition, revision)
		return
	}
	fresh := st.fresh(edition)
	lost := st.lost(edition, fresh)
	st.take(edition, revision)
	switch {
	case lost:
		st.send(Event{Revision: revision})
		st.recent, st.since = nil, revision
		return
	case len(fresh) == 0:
		return
	}
	stories, err := render.Teasers(edition, fresh)
	if err != nil {
		return // nothing in a teaser can fail to encode
	}
	st.send(Event{Revision: revision, Stories: stories})
}

// hold lets followers come to a feed whose edition is one made before this
// start, and tells nobody anything.
func (s *streams) hold(feed string, shown *news.LastEdition, revision int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.feeds[feed] != nil {
		return
	}
	if s.feeds == nil {
		s.feeds = map[string]*stream{}
	}
	st := &stream{since: revision, revision: revision, followers: map[chan Event]bool{}}
	for i := range shown.Stories {
		story := &shown.Stories[i]
		st.newest = append(st.newest, shownStory{story.PublicID, story.Source, story.Date})
	}
	s.feeds[feed] = st
}

func (st *stream) take(edition *news.Edition, revision int64) {
	st.revision = revision
	st.newest = st.newest[:0]
	for i := range edition.Items {
		item := &edition.Items[i]
		st.newest = append(st.newest, shownStory{item.PublicID, item.Source, item.Date})
	}
}

// fresh gives the items that were not in the last edition. Those that stand
// below all that was in it came back because others left; but where the last
// edition had room, they are new.
func (st *stream) fresh(edition *news.Edition) []news.Item {
	known := make(map[string]bool, len(st.newest))
	for _, story := range st.newest {
		known[story.id] = true
	}
	end := len(edition.Items)
	if full := len(st.newest) >= edition.Feed.Limit; full {
		for end > 0 && !known[edition.Items[end-1].PublicID] {
			end--
		}
		if end == 0 { // nothing is left of the last edition
			end = len(edition.Items)
		}
	}
	var fresh []news.Item
	for _, item := range edition.Items[:end] {
		if !known[item.PublicID] {
			fresh = append(fresh, item)
		}
	}
	return fresh
}

// lost reports whether a story of the last edition was taken out. That is not
// so of
//
//  1. one that has become too old;
//  2. one below all that stay, where newer ones filled the feed;
//  3. one whose source has newer ones, which may have to make room for them.
func (st *stream) lost(edition *news.Edition, fresh []news.Item) bool {
	stays := make(map[string]bool, len(edition.Items))
	for i := range edition.Items {
		stays[edition.Items[i].PublicID] = true
	}
	replaced := make(map[news.SourceKey]bool)
	for i := range fresh {
		replaced[fresh[i].Source] = true
	}
	var tooOld time.Time
	if edition.Feed.MaxAge > 0 {
		tooOld = now().Add(-edition.Feed.MaxAge)
	}
	pushed := len(fresh) > 0 && len(edition.Items) >= edition.Feed.Limit
	for _, story := range slices.Backward(st.newest) {
		switch {
		case stays[story.id]:
			pushed = false
		case !pushed && !replaced[story.source] && !story.date.Before(tooOld):
			return true
		}
	}
	return false
}

// send gives an event to every follower; one that is too far behind is let go.
func (st *stream) send(e Event) {
	if st.recent = append(st.recent, e); len(st.recent) > recentEvents {
		st.since = st.recent[0].Revision
		st.recent = append(st.recent[:0:0], st.recent[1:]...)
	}
	for events := range st.followers {
		select {
		case events <- e:
		default:
			close(events)
			delete(st.followers, events)
		}
	}
}

// keep ends the streams of all other feeds.
func (s *streams) keep(feeds []news.Feed) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, st := range s.feeds {
		configured := false
		for i := range feeds {
			configured = configured || feeds[i].Name == name
		}
		if configured {
			continue
		}
		for events := range st.followers {
			close(events)
		}
		delete(s.feeds, name)
	}
}
