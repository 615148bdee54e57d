package aggregator_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tributary/aggregator"
	"tributary/aggregator/fetch"
	"tributary/internal/news"
	"tributary/internal/upstreamtest"
)

// The rules of polite fetching, by number, as far as they show in when and how
// an upstream is asked: the whole aggregator runs in virtual time, on a store
// of its own, with the client that the program has. What shows in a single
// answer is tested in aggregator/fetch, what shows in an address in
// internal/safehttp.

const (
	feedURL = "http://a.example/feed"
	day     = 24 * time.Hour
)

func TestRule01ValidatorsAreSentBack(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		const tag, modified = `W/"odd \ tag"`, "yesterday, more or less"
		w.feed(feedURL, "ETag", tag, "Last-Modified", modified)
		r := w.rig(t, nil)
		r.configure(public("a", feedURL))
		r.runFor(40 * time.Minute)
		r.runFor(30 * time.Minute) // a restart keeps them
		all := w.asked(feedURL)
		if len(all) != 3 {
			t.Fatalf("asked %d times, want 3", len(all))
		}
		for i, a := range all {
			wantTag, wantModified := tag, modified
			if i == 0 {
				wantTag, wantModified = "", ""
			}
			if got := a.header.Get("If-None-Match"); got != wantTag {
				t.Errorf("request %d: If-None-Match %q, want %q", i+1, got, wantTag)
			}
			if got := a.header.Get("If-Modified-Since"); got != wantModified {
				t.Errorf("request %d: If-Modified-Since %q, want %q", i+1, got, wantModified)
			}
		}
	})
}

func TestRule02ValidatorsOfWhatWasRead(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		good := upstreamtest.RSS("A", upstreamtest.NewItem(1))
		w.script(feedURL,
			upstreamtest.Body(good, "ETag", `"1"`, "Last-Modified", "first"),
			upstreamtest.Body("<p>no feed</p>", "ETag", `"2"`),
			upstreamtest.Status(304, "ETag", `"3"`),
			upstreamtest.Status(500, "ETag", `"4"`),
			upstreamtest.Body(good+"<!-- changed -->"),
			upstreamtest.Status(500))
		r := w.rig(t, nil)
		r.configure(public("a", feedURL))
		r.runFor(10 * time.Hour)
		for i, want := range []string{"", `"1" first`, `"1" first`, `"3" first`, `"3" first`, ""} {
			all := w.asked(feedURL)
			if i >= len(all) {
				t.Fatalf("asked %d times", len(all))
			}
			if got := all[i].header.Get("If-None-Match") + " " + all[i].header.Get("If-Modified-Since"); strings.TrimSpace(got) != want {
				t.Errorf("request %d has %q, want %q", i+1, got, want)
			}
		}
	})
}

func TestRule03Freshness(t *testing.T) {
	t.Parallel()
	at := func(d time.Duration) string {
		return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Add(d).Format(http.TimeFormat)
	}
	with := func(channel string) string {
		return strings.Replace(upstreamtest.RSS("A", upstreamtest.NewItem(1)), "<channel>", "<channel>"+channel, 1)
	}
	plain := with("")
	sy := func(period string, frequency string) string {
		return strings.Replace(with("<sy:updatePeriod>"+period+"</sy:updatePeriod>"+frequency), "<rss", `<rss xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"`, 1)
	}
	for _, row := range []struct {
		reason string
		answer upstreamtest.Action
		want   time.Duration
	}{
		{"the schedule alone", upstreamtest.Body(plain), 30 * time.Minute},
		{"max-age", upstreamtest.Body(plain, "Cache-Control", "max-age=7200"), 2 * time.Hour},
		{"max-age below the schedule", upstreamtest.Body(plain, "Cache-Control", "max-age=60"), 30 * time.Minute},
		{"max-age less Age", upstreamtest.Body(plain, "Cache-Control", "public, max-age=7200", "Age", "3600"), time.Hour},
		{"older than max-age", upstreamtest.Body(plain, "Cache-Control", "max-age=7200", "Age", "9999"), 30 * time.Minute},
		{"s-maxage is for shared caches", upstreamtest.Body(plain, "Cache-Control", "s-maxage=7200"), 30 * time.Minute},
		{"max-age for a month", upstreamtest.Body(plain, "Cache-Control", "max-age=2592000"), day},
		{"no-cache cancels max-age", upstreamtest.Body(plain, "Cache-Control", "max-age=7200, no-cache"), 30 * time.Minute},
		{"Expires less Date", upstreamtest.Body(plain, "Expires", at(5*time.Hour), "Date", at(2*time.Hour)), 3 * time.Hour},
		{"max-age beats Expires", upstreamtest.Body(plain, "Expires", at(5*time.Hour), "Cache-Control", "max-age=3600"), time.Hour},
		{"Expires that can't be read", upstreamtest.Body(plain, "Expires", "0"), 30 * time.Minute},
		{"a 500 with max-age", upstreamtest.Status(500, "Cache-Control", "max-age=10800"), 3 * time.Hour},
		{"no feed, with max-age", upstreamtest.Body("<p>", "Cache-Control", "max-age=10800"), 3 * time.Hour},
		{"ttl", upstreamtest.Body(with("<ttl>180</ttl>")), 3 * time.Hour},
		{"ttl of a month", upstreamtest.Body(with("<ttl>43200</ttl>")), day},
		{"sy:updatePeriod", upstreamtest.Body(sy("daily", "")), day},
		{"sy:updateFrequency", upstreamtest.Body(sy("daily", "<sy:updateFrequency>4</sy:updateFrequency>")), 6 * time.Hour},
		{"sy:updatePeriod, yearly", upstreamtest.Body(sy("yearly", "")), day},
	} {
		inWorld(t, func(t *testing.T, w *world) {
			w.script(feedURL, row.answer)
			r := w.rig(t, nil)
			r.configure(public("a", feedURL))
			r.runFor(time.Minute)
			r.toNext("a")
			wantTimes(t, row.reason, w.times(feedURL), []time.Duration{0, row.want})
		})
	}
}

func TestRule03FreshnessOfUnchanged(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.Set("/feed", strings.Replace(upstreamtest.RSS("A", upstreamtest.NewItem(1)), "<channel>", "<channel><ttl>120</ttl>", 1))
		w.script(feedURL, upstreamtest.Serve, upstreamtest.With("Cache-Control", "max-age=14400"), upstreamtest.With("Cache-Control", "no-cache"))
		r := w.rig(t, nil)
		r.configure(public("a", feedURL))
		r.runFor(9 * time.Hour)
		wantTimes(t, "ttl, then max-age of a 304, then the ttl of old", w.times(feedURL),
			[]time.Duration{0, 2 * time.Hour, 6 * time.Hour, 8 * time.Hour})
		if tag := w.asked(feedURL)[3].header.Get("If-None-Match"); tag == "" {
			t.Error("no-cache cancelled the validators too")
		}
	})
}

func TestRule04NextVisitIsKept(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.feed(feedURL, "Cache-Control", "max-age=7200")
		r := w.rig(t, nil)
		r.configure(public("a", feedURL))
		r.runFor(time.Hour)
		second := aggregator.New(aggregator.Options{Store: r.store, Fetcher: fetch.New(fetch.Options{Client: w.client})})
		if err := second.Configure(t.Context(), settings(public("a", feedURL))); err != nil {
			t.Fatal(err)
		}
		r.configure(public("a", feedURL)) // a restart and a reload
		stop := r.start()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- second.Run(ctx) }() // another node
		time.Sleep(3*time.Hour + 10*time.Minute)
		r.configure(public("a", feedURL))
		time.Sleep(time.Minute)
		wantTimes(t, "two nodes, a restart, two reloads", w.times(feedURL), []time.Duration{0, 2 * time.Hour, 4 * time.Hour})
		cancel()
		<-done
		stop()
	})
}

// TestRule04StartIsSpread starts with everything due.
func TestRule04StartIsSpread(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		var sources []news.Source
		for i := range 40 {
			sources = append(sources, public(fmt.Sprintf("s%d", i), w.feed(fmt.Sprintf("http://h%d.example/s%d", i, i))))
		}
		var mu sync.Mutex
		chance := 0.0
		r := w.rig(t, func(o *aggregator.Options) {
			o.Jitter = func() float64 { mu.Lock(); defer mu.Unlock(); chance += 0.37; return chance - float64(int(chance)) }
		})
		all64 := settings(sources...)
		all64.Concurrency = 64
		if err := r.Configure(t.Context(), all64); err != nil {
			t.Fatal(err)
		}
		r.runFor(10 * time.Second)
		all := w.asked("")
		if len(all) != len(sources) {
			t.Fatalf("%d requests, want %d", len(all), len(sources))
		}
		for i := range all {
			burst := 0
			for _, a := range all[i:] {
				if a.at < all[i].at+100*time.Millisecond {
					burst++
				}
			}
			if burst > len(sources)/8 {
				t.Errorf("%d requests within 100 ms of %v", burst, all[i].at)
			}
		}
		if last := all[len(all)-1].at; last > 3*time.Second {
			t.Errorf("the last one after %v", last)
		}
	})
}

func TestRule04SchedulesThatPanic(t *testing.T) {
	t.Parallel()
	for _, spec := range []string{"TZ=", "CRON_TZ=", "CRON_TZ=Europe/Berlin", "0 0 30 2 *", "@every -5m", "@every 0s", ""} {
		r := newRig(t, nil)
		s := public("a", feedURL)
		s.Schedule = spec
		if err := r.Configure(t.Context(), settings(s)); err == nil {
			t.Errorf("schedule %q is taken", spec)
		}
	}
}

func TestRule05RetryAfter(t *testing.T) {
	t.Parallel()
	date := time.Date(2000, 1, 1, 5, 0, 0, 0, time.UTC).Format(http.TimeFormat)
	const other = "http://a.example/other"
	for _, row := range []struct {
		reason      string
		answer      upstreamtest.Action
		private     bool
		first, next time.Duration // when a is asked again, and when the other source of its host is
	}{
		{"429 is for the host", upstreamtest.Status(429, "Retry-After", "7200"), false, 2 * time.Hour, 2 * time.Hour},
		{"429 with a date", upstreamtest.Status(429, "Retry-After", date), false, 5 * time.Hour, 5 * time.Hour},
		{"429 on a private host is for the source", upstreamtest.Status(429, "Retry-After", "7200"), true, 2 * time.Hour, 0},
		{"503 is for the source", upstreamtest.Status(503, "Retry-After", "7200"), false, 2 * time.Hour, 0},
		{"a month counts as a week", upstreamtest.Status(503, "Retry-After", "2592000"), false, 7 * day, 0},
		{"500 has none", upstreamtest.Status(500, "Retry-After", "7200"), false, 30 * time.Minute, 0},
	} {
		inWorld(t, func(t *testing.T, w *world) {
			w.private["a.example:80"] = row.private
			w.feed(other)
			w.script(feedURL, row.answer)
			a, b := public("a", feedURL), public("b", other)
			if row.private {
				lan := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
				a.Fetch.AllowNetworks, b.Fetch.AllowNetworks = lan, lan
			}
			r := w.rig(t, nil)
			r.configure(a, b)
			r.runFor(time.Minute)
			r.toNext("a")
			if got := w.times(feedURL); len(got) < 2 || (got[1]-row.first).Abs() > 2*time.Second {
				t.Errorf("%s: asked again at %v, want %v", row.reason, got, row.first)
			}
			if got := w.times(other); len(got) == 0 || got[0] < row.next || got[0] > row.next+5*time.Second {
				t.Errorf("%s: its neighbor was asked at %v, want %v", row.reason, got, row.next)
			}
		})
	}
}

func TestRule05RetryAfterOfAnotherHost(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.script(feedURL, upstreamtest.Redirect(302, "http://b.example/busy"))
		w.script("http://b.example/busy", upstreamtest.Status(429, "Retry-After", "7200"))
		w.feed("http://a.example/other")
		r := w.rig(t, nil)
		r.configure(public("a", feedURL), public("b", "http://a.example/other"))
		r.runFor(20 * time.Minute)
		if got := w.times("http://a.example/other"); len(got) != 1 {
			t.Errorf("a redirect's target closed the host that redirects: asked %v", got)
		}
	})
}

// TestRule05RoundLeavesAHostAlone has a round that is asked for by hand while a
// host wants to be left alone: it neither asks the host nor waits for it.
func TestRule05RoundLeavesAHostAlone(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		const other, third = "http://a.example/other", "http://b.example/third"
		w.script(feedURL, upstreamtest.Status(429, "Retry-After", "7200"))
		w.feed(other)
		w.feed(third)
		var held []string
		var store *counting
		r := w.rig(t, func(o *aggregator.Options) {
			o.Held = func(name string, _ time.Time) { held = append(held, name) }
			store = &counting{Store: o.Store}
			o.Store = store
		})
		r.configure(public("a", feedURL), public("b", other), public("c", third))
		r.refresh(aggregator.Round{Names: []string{"a"}})
		for _, round := range []aggregator.Round{{}, {All: true}} {
			began := time.Now()
			store.claims.Store(0)
			r.refresh(round)
			if took, n := time.Since(began), store.claims.Load(); took > 10*time.Second || n > 30 {
				t.Errorf("a round took %v and %d claims", took, n)
			}
		}
		slices.Sort(held)
		if a, b, c := len(w.times(feedURL)), len(w.times(other)), len(w.times(third)); a != 1 || b != 0 || c != 2 || !slices.Equal(held, []string{"a", "b"}) {
			t.Errorf("asked %d, %d and %d times, want 1, 0 and 2; left %q", a, b, c, held)
		}
	})
}

// TestRule07RoundWaitsForAPause has more sources on a host than its pause lets
// through at once, and one that becomes due while the round waits.
func TestRule07RoundWaitsForAPause(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		var store *counting
		r := w.rig(t, func(o *aggregator.Options) { store = &counting{Store: o.Store}; o.Store = store })
		var sources []news.Source
		for i := range 3 {
			s := public(fmt.Sprintf("s%d", i), w.feed(fmt.Sprintf("http://a.example/s%d", i)))
			s.Fetch.HostDelay = 5 * time.Minute
			sources = append(sources, s)
		}
		often := public("often", w.feed("http://b.example/often"))
		often.Schedule = "@every 1s"
		r.configure(append(sources, often)...)
		began := time.Now()
		r.refresh(aggregator.Round{})
		if took := time.Since(began); took.Round(time.Second) != 10*time.Minute {
			t.Errorf("the round took %v, want two pauses", took)
		}
		if n := store.claims.Load(); n > 100 {
			t.Errorf("the round made %d claims", n)
		}
		if n := len(w.times("http://b.example/often")); n != 1 {
			t.Errorf("what became due later was asked %d times, want once", n)
		}
	})
}

// counting counts claims.
type counting struct {
	aggregator.Store
	claims atomic.Int64
}

func (c *counting) Claim(ctx context.Context, request news.ClaimRequest) (news.Claimed, error) {
	c.claims.Add(1)
	return c.Store.Claim(ctx, request)
}

func TestRule06BackOff(t *testing.T) {
	t.Parallel()
	hours := func(list ...float64) (all []time.Duration) {
		for _, h := range list {
			all = append(all, time.Duration(h*float64(time.Hour)))
		}
		return all
	}
	for _, row := range []struct {
		reason string
		answer upstreamtest.Action
		jitter float64
		want   []time.Duration
	}{
		{"429 doubles from an hour to a day", upstreamtest.Status(429), 0.5, hours(0, 1, 3, 7, 15, 31, 55, 79)},
		{"403 too, 20 % earlier", upstreamtest.Status(403), 0, hours(0, 0.8, 2.4, 5.6)},
		{"403 too, 20 % later", upstreamtest.Status(403), 0.9999999, hours(0, 1.2, 3.6, 8.4)},
		{"403 heeds no Retry-After", upstreamtest.Status(403, "Retry-After", "60"), 0.5, hours(0, 1, 3)},
		{"500 doubles from the schedule", upstreamtest.Status(500), 0.5, hours(0, 0.5, 1.5, 3.5, 7.5)},
	} {
		inWorld(t, func(t *testing.T, w *world) {
			w.script(feedURL, row.answer)
			r := w.rig(t, func(o *aggregator.Options) { o.Jitter = func() float64 { return row.jitter } })
			r.configure(public("a", feedURL))
			r.runFor(time.Minute)
			for range row.want[1:] {
				r.toNext("a")
			}
			wantTimes(t, row.reason, w.times(feedURL), row.want)
			if state := r.state("a"); state.Health != news.HealthFailing || state.Failures != len(row.want) || state.Last.Detail == "" {
				t.Errorf("%s: %s after %d failures: %q", row.reason, state.Health, state.Failures, state.Last.Detail)
			}
		})
	}
}

func TestRule07OneRequestAHost(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		reason string
		change func(*news.Source)
		least  time.Duration // from one request to the next
		most   time.Duration // for all five
	}{
		{"2 s apart", func(*news.Source) {}, 2 * time.Second, 12 * time.Second},
		{"as the operator says", func(s *news.Source) { s.Fetch.HostDelay = 10 * time.Second }, 10 * time.Second, 55 * time.Second},
		{"not inside allow_networks", func(s *news.Source) { s.Fetch.Unpaced = true }, 0, time.Second},
	} {
		inWorld(t, func(t *testing.T, w *world) {
			var sources []news.Source
			for i := range 5 {
				s := public(fmt.Sprintf("s%d", i), w.feed(fmt.Sprintf("http://a.example/s%d", i)))
				row.change(&s)
				sources = append(sources, s)
			}
			r := w.rig(t, nil)
			r.configure(sources...)
			second := w.rig(t, func(o *aggregator.Options) { o.Store = r.store }) // another node on the same store
			second.configure(sources...)
			stop, stopSecond := r.start(), second.start()
			time.Sleep(time.Minute)
			all := w.asked("")
			stop()
			stopSecond()
			if len(all) != 5 {
				t.Fatalf("%s: %d requests, want 5", row.reason, len(all))
			}
			for i := 1; i < len(all); i++ {
				if pause := all[i].at - all[i-1].at; pause < row.least {
					t.Errorf("%s: %v after the one before", row.reason, pause)
				}
			}
			if took := all[4].at - all[0].at; took > row.most {
				t.Errorf("%s: took %v, want at most %v", row.reason, took, row.most)
			}
		})
	}
}

func TestRule08Moves(t *testing.T) {
	t.Parallel()
	const target, elsewhere = "http://b.example/target", "http://c.example/elsewhere"
	to := func(code int, url string) upstreamtest.Action { return upstreamtest.Redirect(code, url) }
	for _, row := range []struct {
		reason string
		every  string
		script []upstreamtest.Action
		health news.Health
	}{
		{"three times over two days", "@every 24h", []upstreamtest.Action{to(301, target), to(308, target), to(301, target)}, news.HealthMoved},
		{"twice", "@every 60h", []upstreamtest.Action{to(301, target), to(301, target)}, news.HealthOK},
		{"over less than two days", "@every 23h", []upstreamtest.Action{to(301, target), to(301, target), to(301, target)}, news.HealthOK},
		{"302 never", "@every 24h", []upstreamtest.Action{to(302, target), to(302, target), to(302, target), to(302, target)}, news.HealthOK},
		{"303 and 307 neither", "@every 24h", []upstreamtest.Action{to(303, target), to(307, target), to(303, target)}, news.HealthOK},
		{"another target counts anew", "@every 24h", []upstreamtest.Action{to(301, target), to(301, target), to(301, elsewhere), to(301, elsewhere)}, news.HealthOK},
		{"one answer from the old place counts anew", "@every 24h", []upstreamtest.Action{to(301, target), to(301, target), upstreamtest.Serve, to(301, target)}, news.HealthOK},
		{"a failure in between does not", "@every 24h", []upstreamtest.Action{to(301, target), to(301, target), upstreamtest.Status(500), to(301, target)}, news.HealthMoved},
		{"a target that is no feed never", "@every 24h", []upstreamtest.Action{to(301, "http://b.example/page"), to(301, "http://b.example/page"), to(301, "http://b.example/page"), to(301, "http://b.example/page")}, news.HealthFailing},
	} {
		inWorld(t, func(t *testing.T, w *world) {
			w.feed(feedURL)
			w.feed(target)
			w.feed(elsewhere)
			w.Set("/page", "<!DOCTYPE html><title>Moved</title>")
			w.script(feedURL, row.script...)
			s := public("a", feedURL)
			s.Schedule = row.every
			r := w.rig(t, nil)
			r.configure(s)
			r.runFor(time.Minute)
			for range row.script[1:] {
				r.toNext("a")
			}
			if n := len(w.asked(feedURL)); n != len(row.script) {
				t.Errorf("%s: asked %d times, want %d", row.reason, n, len(row.script))
			}
			state := r.state("a")
			if state.Health != row.health || state.URL != feedURL {
				t.Errorf("%s: %s at %s, want %s; moved to %q, seen %d times", row.reason, state.Health, state.URL, row.health, state.MovedTo, state.MovedSeen)
			}
			if state.Health == news.HealthMoved && state.MovedTo != target {
				t.Errorf("%s: moved to %q, want %q", row.reason, state.MovedTo, target)
			}
		})
	}
}

func TestRule09Gone(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.feed(feedURL)
		w.script(feedURL, upstreamtest.Serve, upstreamtest.Gone(), upstreamtest.Status(500), upstreamtest.Serve)
		r := w.rig(t, nil)
		r.configure(public("a", feedURL))
		r.runFor(time.Minute)
		r.toNext("a")
		time.Sleep(4000 * day)
		r.runFor(time.Hour)
		wantTimes(t, "410 ends it", w.times(feedURL), []time.Duration{0, 30 * time.Minute})
		if state := r.state("a"); state.Health != news.HealthGone || len(r.titles()) != 1 {
			t.Errorf("%s with %q", state.Health, r.titles())
		}
		named := aggregator.Round{Names: []string{"a"}}
		r.refresh(named)
		time.Sleep(4000 * day)
		r.runFor(time.Hour)
		if state := r.state("a"); state.Health != news.HealthGone || len(w.times(feedURL)) != 3 {
			t.Errorf("after the operator tried and it failed: %s, asked %d times", state.Health, len(w.times(feedURL)))
		}
		r.refresh(named)
		if health := r.state("a").Health; health != news.HealthOK {
			t.Errorf("after the operator tried and it worked: %s", health)
		}
	})
}

func TestRule09NotFound(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.feed(feedURL)
		w.script(feedURL, upstreamtest.Status(404))
		r := w.rig(t, nil)
		r.configure(public("a", feedURL))
		var want []time.Duration
		for i := range 31 {
			want = append(want, time.Duration(i)*day)
		}
		want = append(want, 37*day, 44*day)
		r.runFor(time.Minute)
		for i := range want[1:] {
			wantHealth := news.HealthFailing
			if i > 30 {
				wantHealth = news.HealthDead
			}
			if health := r.state("a").Health; health != wantHealth && i != 30 {
				t.Errorf("after %d visits: %s, want %s", i+1, health, wantHealth)
			}
			r.toNext("a")
		}
		w.script(feedURL, upstreamtest.Serve)
		r.toNext("a")
		r.toNext("a")
		got := w.times(feedURL)
		if len(got) != 35 {
			t.Fatalf("asked %d times", len(got))
		}
		for i := range want { // each visit is a moment later than a day after the last
			if (got[i] - want[i]).Abs() > time.Minute {
				t.Errorf("visit %d at %v, want %v", i+1, got[i], want[i])
			}
		}
		if state := r.state("a"); state.Health != news.HealthOK || (got[34]-got[33]-30*time.Minute).Abs() > time.Second {
			t.Errorf("found again: %s, then asked after %v", state.Health, got[34]-got[33])
		}
	})
}

// TestRule09DocumentThatStalls has one source whose visit never ends.
func TestRule09DocumentThatStalls(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		begun := make(chan time.Duration, 9)
		k := &killer{victim: "bad", begun: func() { begun <- time.Since(w.start).Round(time.Second) }}
		r := w.rig(t, func(o *aggregator.Options) { k.Fetcher, o.Fetcher = o.Fetcher, k })
		good := public("good", w.feed("http://b.example/good"))
		good.Schedule = "@every 1m"
		r.configure(public("bad", feedURL), good)
		r.runFor(5*time.Minute + 30*time.Second)
		if n := len(w.times(good.URL)); n != 6 {
			t.Errorf("the other source was asked %d times in 5 minutes, want 6", n)
		}
		state := r.state("bad")
		if state.Health != news.HealthFailing || !strings.Contains(state.Last.Detail, "never ended") {
			t.Errorf("%s: %q", state.Health, state.Last.Detail)
		}
		r.toNext("bad")
		close(begun)
		var got []time.Duration
		for at := range begun {
			got = append(got, at)
		}
		// The lease lasts a minute: the timeout and half a minute more.
		wantTimes(t, "three strikes, then daily", got, []time.Duration{0, time.Minute, 2 * time.Minute, day + 2*time.Minute})
		k.cured.Store(true)
		r.toNext("bad")
		if state := r.state("bad"); state.Health != news.HealthFailing || state.Last.Cause != news.CauseNotFound {
			t.Errorf("after a visit that ended: %+v", state)
		}
	})
}

// TestRule09DocumentThatKills restarts the process whenever one source is
// visited, with another source under way at the same moment.
func TestRule09DocumentThatKills(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.feed("http://b.example/slow")
		w.script("http://b.example/slow", upstreamtest.SlowHeader(3*time.Second))
		kill := make(chan struct{}, 9)
		k := &killer{victim: "bad", begun: func() { kill <- struct{}{} }}
		r := w.rig(t, func(o *aggregator.Options) {
			k.Fetcher, o.Fetcher = o.Fetcher, k
			o.Store = mortal{o.Store}
			o.Jitter = func() float64 { return 0 } // both begin at once
		})
		r.configure(public("bad", feedURL), public("slow", "http://b.example/slow"))
		deaths := 0
		for end := time.Now().Add(day); time.Now().Before(end); {
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- r.Run(ctx) }()
			select {
			case <-kill:
				deaths++
				synctest.Wait() // the other visit is under way
			case <-time.After(time.Until(end)):
			}
			cancel()
			<-done
			time.Sleep(time.Second) // whoever supervises it
		}
		if deaths != 3 {
			t.Errorf("the process died %d times in a day, want 3", deaths)
		}
		if state := r.state("bad"); state.Health != news.HealthFailing {
			t.Errorf("the bad source is %s", state.Health)
		}
		if state := r.state("slow"); state.Health != news.HealthOK || state.LastOK.Sub(w.start) < 23*time.Hour {
			t.Errorf("the source that was under way each time is %s, last read %v after the start", state.Health, state.LastOK.Sub(w.start))
		}
	})
}

func TestRule10Redirects(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		const target = "http://b.example/target"
		w.feed(target)
		for path, location := range map[string]string{
			"/feed": target, "/meta": "http://169.254.169.254/meta-data", "/file": "file:///etc/passwd", "/port": "http://b.example:6379/",
			"/loopback": "http://[::ffff:127.0.0.1]/",
		} {
			w.Script(path, upstreamtest.Redirect(302, location))
		}
		w.RedirectLoop("/loop", 302)
		w.RedirectChain("/six", 302, 6, target)
		w.RedirectChain("/five", 302, 5, target)
		var sources []news.Source
		for name, health := range map[string]news.Health{
			"feed": "ok", "five": "ok", "six": "failing", "loop": "failing", "meta": "failing", "file": "failing", "port": "failing", "loopback": "failing",
		} {
			s := public(name, "http://"+name+".example/"+name)
			s.Tags = []string{string(health)}
			s.Fetch.Headers = map[string]string{"X-Api-Key": "secret", "Authorization": "Bearer secret", "Cookie": "a=b"}
			sources = append(sources, s)
		}
		r := w.rig(t, nil)
		r.configure(sources...)
		r.runFor(time.Minute)
		for _, s := range sources {
			if state := r.state(s.Name); string(state.Health) != s.Tags[0] {
				t.Errorf("%s is %s: %s", s.Name, state.Health, state.Last.Detail)
			}
		}
		for _, a := range w.asked("") {
			if strings.Contains(a.url, "169.254") || strings.Contains(a.url, "127.0.0.1") || strings.Contains(a.url, "6379") {
				t.Errorf("%s was asked", a.url)
			}
			own := a.url != target
			for _, name := range []string{"X-Api-Key", "Authorization", "Cookie"} {
				if got := a.header.Get(name); (got != "") != own {
					t.Errorf("%s: %s is %q", a.url, name, got)
				}
			}
			if a.header.Get("Referer") != "" {
				t.Errorf("%s: a Referer", a.url)
			}
		}
	})
}

func TestRule11UserAgent(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		r := w.rig(t, nil)
		r.configure(public("a-blog", w.feed(feedURL)))
		r.runFor(time.Minute)
		const want = "tributary/1.2.3 (+https://observer.example; contact=mailto:desk@observer.example; source=a-blog)"
		if got := w.asked(feedURL)[0].header.Get("User-Agent"); got != want {
			t.Errorf("User-Agent %q, want %q", got, want)
		}
	})
}

func TestRule12Limits(t *testing.T) {
	t.Parallel()
	body := upstreamtest.RSS("A", upstreamtest.NewItem(1))
	for _, row := range []struct {
		reason string
		answer upstreamtest.Action // nil never takes the connection
		cause  news.Cause
		after  time.Duration
	}{
		{"header after 15 s", upstreamtest.SlowHeader(time.Hour), news.CauseTimeout, 15 * time.Second},
		{"all of it after 30 s", upstreamtest.SlowBody(body, 1, time.Second), news.CauseTimeout, 30 * time.Second},
		{"a body that never comes", upstreamtest.Stall(), news.CauseTimeout, 30 * time.Second},
		{"a header of 100 KiB", upstreamtest.BigHeader(100 << 10), news.CauseLimit, 0},
		{"17 MiB after decompression", upstreamtest.Bomb("gzip", 17<<20), news.CauseLimit, 0},
		{"an endless body", upstreamtest.Endless("<item/>"), news.CauseLimit, 0},
		{"no connection at all", nil, news.CauseTimeout, 15 * time.Second},
	} {
		inWorld(t, func(t *testing.T, w *world) {
			w.script(feedURL, row.answer)
			w.deaf["a.example:80"] = row.answer == nil
			r := w.rig(t, nil)
			r.configure(public("a", feedURL))
			r.runFor(5 * time.Minute)
			visit := r.state("a").Last
			if visit.Cause != row.cause || visit.Duration.Round(time.Second) != row.after {
				t.Errorf("%s: %s after %v (%s), want %s after %v", row.reason, visit.Cause, visit.Duration, visit.Detail, row.cause, row.after)
			}
			for _, a := range w.asked(feedURL) {
				if got := a.header.Get("Accept-Encoding"); got != "zstd, br, gzip" {
					t.Errorf("Accept-Encoding %q", got)
				}
			}
		})
	}
}

func TestRule13SameBytes(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.feed(feedURL)
		w.script(feedURL, upstreamtest.FreshETag())
		r := w.rig(t, nil)
		r.configure(public("a", feedURL))
		r.runFor(2 * time.Hour)
		all := r.all()
		if len(all) != 4 && len(all) != 5 {
			t.Fatalf("%d visits", len(all))
		}
		for i, v := range all {
			want := news.OutcomeUnchanged
			if i == 0 {
				want = news.OutcomeChanged
			}
			if v.Visit.Status != 200 || v.Visit.Outcome != want || i > 0 && len(v.Recorded.Feeds)+len(v.Recorded.Reasons) != 0 {
				t.Errorf("visit %d: %+v, %+v", i+1, v.Visit, v.Recorded)
			}
		}
	})
}

func TestRule14Adaptive(t *testing.T) {
	t.Parallel()
	paced := func(gap time.Duration) string {
		var items []upstreamtest.Item
		for i := range 10 {
			item := upstreamtest.NewItem(i)
			item.Date = time.Date(1999, 12, 31, 0, 0, 0, 0, time.UTC).Add(-time.Duration(i) * gap)
			items = append(items, item)
		}
		return upstreamtest.RSS("A", items...)
	}
	for _, row := range []struct {
		reason string
		gap    time.Duration
		want   time.Duration
	}{
		{"half the gap", 4 * time.Hour, 2 * time.Hour},
		{"not more than every 15 minutes", time.Minute, 15 * time.Minute},
		{"not less than daily", 30 * day, day},
	} {
		inWorld(t, func(t *testing.T, w *world) {
			w.Set("/feed", paced(row.gap))
			s := public("a", feedURL)
			s.Schedule = "adaptive"
			r := w.rig(t, nil)
			r.configure(s)
			r.runFor(time.Minute)
			r.toNext("a")
			r.toNext("a")
			wantTimes(t, row.reason, w.times(feedURL), []time.Duration{0, row.want, 2 * row.want})
		})
	}
}

func TestRule14SkippedHours(t *testing.T) {
	t.Parallel()
	// The world begins at midnight GMT, on a Saturday.
	for _, row := range []struct {
		skip string
		want []time.Duration
	}{
		{"<skipHours><hour>1</hour><hour>2</hour></skipHours>", []time.Duration{0, 30 * time.Minute, 3 * time.Hour}},
		{"<skipDays><day>Saturday</day><day>Sunday</day></skipDays>", []time.Duration{0, 48 * time.Hour}},
	} {
		inWorld(t, func(t *testing.T, w *world) {
			w.Set("/feed", strings.Replace(upstreamtest.RSS("A", upstreamtest.NewItem(1)), "<channel>", "<channel>"+row.skip, 1))
			r := w.rig(t, nil)
			r.configure(public("a", feedURL))
			r.runFor(time.Minute)
			for range row.want[1:] {
				r.toNext("a")
			}
			wantTimes(t, row.skip, w.times(feedURL), row.want)
		})
	}
}

func TestRule15Settings(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.feed(feedURL, "Cache-Control", "max-age=86400")
		s := public("a", feedURL)
		s.Fetch.UserAgent = "Other/1"
		s.Fetch.Headers = map[string]string{"Authorization": "Bearer token"}
		s.Fetch.IgnoreCache = true
		r := w.rig(t, nil)
		r.configure(s)
		r.runFor(40 * time.Minute)
		all := w.asked(feedURL)
		if len(all) != 2 {
			t.Fatalf("ignore_cache heeds max-age: %d requests in 40 minutes", len(all))
		}
		for _, a := range all {
			if a.header.Get("User-Agent") != "Other/1" || a.header.Get("Authorization") != "Bearer token" ||
				a.header.Get("If-None-Match")+a.header.Get("If-Modified-Since") != "" {
				t.Errorf("sent %v", a.header)
			}
		}
		if outcome := r.state("a").Last.Outcome; outcome != news.OutcomeUnchanged {
			t.Errorf("the same bytes are %s", outcome)
		}
	})
}

func TestRule15Proxy(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.feed(feedURL)
		s := public("a", feedURL)
		s.Fetch.Proxy = "http://10.0.0.1:3128" // a private address, which is the operator's word
		r := w.rig(t, nil)
		r.configure(s)
		r.runFor(time.Minute)
		if state := r.state("a"); state.Health != news.HealthOK {
			t.Errorf("%s: %s", state.Health, state.Last.Detail)
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		if !slices.Equal(w.dialed, []string{net.JoinHostPort("10.0.0.1", "3128")}) {
			t.Errorf("connected to %q", w.dialed)
		}
	})
}
