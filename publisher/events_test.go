package publisher

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tributary/internal/news"
)

// titlesOf reads the titles of an event's stories.
func titlesOf(t *testing.T, e Event) []string {
	t.Helper()
	var list []struct{ Title string }
	if err := json.Unmarshal(e.Stories, &list); err != nil {
		t.Fatalf("event %s: %v", e.Stories, err)
	}
	titles := make([]string, len(list))
	for i := range list {
		titles[i] = list[i].Title
	}
	return titles
}

// reset stands for an event that asks to load the feed anew.
var reset = []string{"reset"}

func TestEventsTellWhatIsNew(t *testing.T) {
	t.Parallel()
	edition := func(titles []string) []news.Item {
		items := stories(titles...)
		for i := range items {
			if items[i].Source = 1; strings.HasSuffix(titles[i], "of two") {
				items[i].Source = 2
			}
		}
		return items
	}
	feed := feedNamed("latest")
	feed.Limit = 3
	for _, tc := range []struct {
		why           string
		before, after []string
		want          []string
	}{
		{"a story on top", []string{"b", "a"}, []string{"c", "b", "a"}, []string{"c"}},
		{"two at once, newest first", []string{"a"}, []string{"c", "b", "a"}, []string{"c", "b"}},
		{"the last one falls out", []string{"c", "b", "a"}, []string{"d", "c", "b"}, []string{"d"}},
		{"back-dated, between two others", []string{"c", "a"}, []string{"c", "b", "a"}, []string{"b"}},
		{"back-dated, at the end, where there was room", []string{"c", "b"}, []string{"c", "b", "a"}, []string{"a"}},
		{"taken out: the one that comes back isn't new", []string{"d", "c", "b"}, []string{"d", "b", "a"}, reset},
		{"taken out at the end", []string{"d", "c", "b"}, []string{"d", "c", "a"}, reset},
		{"taken out at the end, and none comes back", []string{"b", "a"}, []string{"b"}, reset},
		{"taken out while another is new", []string{"c of two", "b", "a"}, []string{"d", "b", "a"}, reset},
		{"its own source's new one took its place", []string{"c", "b", "a"}, []string{"d", "b", "a"}, []string{"d"}},
		{"all are taken out", []string{"b", "a"}, nil, reset},
		{"all of them are others", []string{"c", "b", "a"}, []string{"f", "e", "d"}, []string{"f", "e", "d"}},
		{"nothing", []string{"a"}, []string{"a"}, nil},
		{"the first stories ever", nil, []string{"a"}, []string{"a"}},
	} {
		var s streams
		s.publish(&news.Edition{Feed: feed, Items: edition(tc.before)}, 1)
		f, ok := s.follow("latest", 0)
		if !ok {
			t.Fatal("the feed can't be followed")
		}
		s.publish(&news.Edition{Feed: feed, Items: edition(tc.after)}, 2)
		var got []string
		select {
		case e := <-f.Events:
			if got = reset; e.Stories != nil {
				got = titlesOf(t, e)
			}
			if e.Revision != 2 {
				t.Errorf("%s: revision %d", tc.why, e.Revision)
			}
		default:
		}
		if !slices.Equal(got, tc.want) {
			t.Errorf("%s: told of %q, want %q", tc.why, got, tc.want)
		}
		f.Stop()
	}
}

func TestFollowersWhoWereAway(t *testing.T) {
	t.Parallel()
	feed := feedNamed("latest")
	var s streams
	var titles []string
	for revision := range int64(40) {
		titles = append([]string{fmt.Sprint("story ", revision+1)}, titles...)
		s.publish(&news.Edition{Feed: feed, Items: stories(titles...)}, revision+1)
	}
	for _, tc := range []struct {
		why      string
		after    int64
		missed   int
		complete bool
	}{
		{"the first time", 0, 0, true},
		{"missed two", 38, 2, true},
		{"missed as much as is kept", 8, 32, true},
		{"missed more than is kept", 7, 32, false},
		{"up to date", 40, 0, true},
		{"from another database", 99, 0, false},
	} {
		f, _ := s.follow("latest", tc.after)
		f.Stop()
		if len(f.Missed) != tc.missed || f.Complete != tc.complete || f.Revision != 40 {
			t.Errorf("%s: missed %d, complete %t, revision %d", tc.why, len(f.Missed), f.Complete, f.Revision)
		}
	}
	if _, ok := s.follow("nowhere", 0); ok {
		t.Error("a feed that isn't there can be followed")
	}
}

// What was told of a story that is taken out is told to nobody else: those who
// were away load the feed anew.
func TestFollowersWhoWereAwayWhenAStoryWasTakenOut(t *testing.T) {
	t.Parallel()
	feed := feedNamed("latest")
	var s streams
	for i, titles := range [][]string{{"a"}, {"b", "a"}, {"c", "b", "a"}, {"c", "a"}, {"d", "c", "a"}} {
		s.publish(&news.Edition{Feed: feed, Items: stories(titles...)}, int64(i+1))
	}
	for _, tc := range []struct {
		why      string
		after    int64
		want     []string // titles of what was missed
		complete bool
	}{
		{"before it came", 1, []string{"d"}, false},
		{"has it", 3, []string{"d"}, false},
		{"since it went", 4, []string{"d"}, true},
	} {
		f, _ := s.follow("latest", tc.after)
		f.Stop()
		var got []string
		for _, e := range f.Missed {
			got = append(got, titlesOf(t, e)...)
		}
		if !slices.Equal(got, tc.want) || f.Complete != tc.complete {
			t.Errorf("%s: missed %q, complete %t", tc.why, got, f.Complete)
		}
	}
}

// What becomes too old is not taken out.
func TestEventsPassByWhatIsTooOld(t *testing.T) {
	t.Parallel()
	feed := feedNamed("latest")
	feed.MaxAge = time.Hour
	items := stories("b", "a")
	items[0].Date, items[1].Date = time.Now(), time.Now().Add(-2*time.Hour)
	var s streams
	s.publish(&news.Edition{Feed: feed, Items: items}, 1)
	f, _ := s.follow("latest", 0)
	defer f.Stop()
	s.publish(&news.Edition{Feed: feed, Items: items[:1]}, 2)
	if len(f.Events) > 0 {
		t.Errorf("told of %+v", <-f.Events)
	}
}

func TestSlowFollowersAreLetGo(t *testing.T) {
	t.Parallel()
	var s streams
	feed, titles := feedNamed("latest"), []string{}
	publishNext := func() {
		titles = append(titles, fmt.Sprint("story ", len(titles)))
		s.publish(&news.Edition{Feed: feed, Items: stories(titles...)}, int64(len(titles)))
	}
	publishNext()
	slow, _ := s.follow("latest", 0)
	defer slow.Stop()
	for range followerBuffer + 1 {
		publishNext()
	}
	n := 0
	for range slow.Events {
		n++
	}
	if n != followerBuffer {
		t.Errorf("%d events before the end, want %d", n, followerBuffer)
	}

	other, _ := s.follow("latest", 0)
	defer other.Stop()
	s.keep(nil)
	if _, open := <-other.Events; open {
		t.Error("the stream of a feed that is configured no more goes on")
	}
}

func TestPublishSendsEvents(t *testing.T) {
	t.Parallel()
	p, store, _ := fixture(t)
	publish(t, p)
	f, ok := p.Follow("latest", 0)
	if !ok {
		t.Fatal("no stream")
	}
	defer f.Stop()
	store.put("latest", stories("three", "one", "two"))
	publish(t, p)
	e := <-f.Events
	if got := titlesOf(t, e); !slices.Equal(got, []string{"three"}) {
		t.Errorf("told of %q", got)
	}
	if p.Lookup("/latest.rss") == nil || e.Revision != 2 {
		t.Errorf("revision %d", e.Revision)
	}
}
