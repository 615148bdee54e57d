package simulate

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"tributary/aggregator/fetch"
	"tributary/internal/news"
)

const day = 24 * time.Hour

// trait is how the upstream of a source behaves.
type trait uint8

const (
	plain     trait = iota // 304, or 200 when a story is new
	careless               // the same without validators: 200 with the same bytes
	cached                 // plain, with max-age
	slow                   // plain, 5 to 20 s for an answer
	flaky                  // plain, but every fifth visit is a 503
	unknown                // no such host
	notFound               // 404
	gone                   // 410
	forbidden              // 403
	deaf                   // never answers: 30 s
)

// traits gives how many of 1,000 sources have a trait; the rest is plain.
var traits = []struct {
	trait trait
	share int
}{
	{unknown, 10}, {notFound, 8}, {gone, 2}, {forbidden, 5}, {deaf, 4}, {slow, 10}, {flaky, 10}, {careless, 250}, {cached, 250},
}

// paces gives how many of 1,000 sources have a gap between least and most from
// one story to the next. Stories come in bursts: eight of them, then a pause
// three times as long as they took. A gap of zero is a feed of one story, whose
// pace nobody can tell.
var paces = []struct {
	share       int
	least, most time.Duration
}{
	{9, 10 * time.Minute, time.Hour},
	{28, time.Hour, 8 * time.Hour},
	{160, 8 * time.Hour, 48 * time.Hour},
	{800, 48 * time.Hour, 60 * day},
	{3, 0, 0},
}

// origin is the upstream of one source.
type origin struct {
	host    int32
	trait   trait
	gap     time.Duration // between two stories
	offset  time.Duration // of the first story
	latency time.Duration
	fresh   time.Duration // max-age
}

// host is a host with several feeds, or one.
type host struct {
	name        string
	feeds       int
	concurrency int
	delay       time.Duration
	limited     bool // answers 429 now and then
}

// world is all origins. It is never changed once it is made.
type world struct {
	start   time.Time
	origins []origin
	hosts   []host
}

// platforms are the hosts with very many feeds: each has so many of 1,000,000
// sources. The operator has written [host] sections for the first seven of
// them; the others have the defaults.
func platforms() (shares []int) {
	shares = []int{50_000, 20_000, 20_000, 10_000, 10_000, 10_000, 10_000, 10_000}
	for range 20 {
		shares = append(shares, 2_000)
	}
	for range 100 {
		shares = append(shares, 300)
	}
	return shares
}

func newWorld(sources int, start time.Time) *world {
	w := &world{start: start, origins: make([]origin, 0, sources)}
	for rank, share := range platforms() {
		h := host{name: fmt.Sprintf("platform-%d.test", rank), feeds: max(sources*share/1_000_000, 1), concurrency: 1, delay: 2 * time.Second}
		switch {
		case rank == 0:
			h.concurrency, h.delay = 4, 500*time.Millisecond
		case rank < 7:
			h.concurrency, h.delay = 2, time.Second
		case rank < 28:
			h.limited = rank > 7
		}
		w.add(h)
	}
	for i := range sources / 50 { // a tenth lies on sites with five feeds
		w.add(host{name: fmt.Sprintf("site-%d.test", i), feeds: 5, concurrency: 1, delay: 2 * time.Second})
	}
	for i := 0; len(w.origins) < sources; i++ {
		w.add(host{name: fmt.Sprintf("own-%d.test", i), feeds: 1, concurrency: 1, delay: 2 * time.Second})
	}
	return w
}

// add adds a host with its origins.
func (w *world) add(h host) {
	at := int32(len(w.hosts))
	w.hosts = append(w.hosts, h)
	for range min(h.feeds, cap(w.origins)-len(w.origins)) {
		w.origins = append(w.origins, newOrigin(len(w.origins), at, h.feeds > 5))
	}
}

func newOrigin(i int, host int32, platform bool) origin {
	o := origin{host: host, latency: between(chance(i, 1), 50*time.Millisecond, 800*time.Millisecond)}
	if platform {
		o.latency = between(chance(i, 1), 100*time.Millisecond, 300*time.Millisecond)
	}
	pick := int(chance(i, 2) * 1000)
	for _, t := range traits {
		if pick -= t.share; pick < 0 {
			o.trait = t.trait
			break
		}
	}
	pick = int(chance(i, 3) * 1000)
	for _, p := range paces {
		if pick -= p.share; pick < 0 {
			o.gap = between(chance(i, 4), p.least, p.most).Truncate(time.Second)
			break
		}
	}
	o.offset = between(chance(i, 5), 0, cycle*o.gap).Truncate(time.Second)
	switch o.trait {
	case slow:
		o.latency = between(chance(i, 6), 5*time.Second, 20*time.Second)
	case cached:
		o.fresh = between(chance(i, 6), 5*time.Minute, time.Hour).Truncate(time.Second)
	case deaf:
		o.latency = 30 * time.Second
	}
	return o
}

func between(share float64, least, most time.Duration) time.Duration {
	return least + time.Duration(share*float64(most-least))
}

// chance is a number in [0, 1) that hangs on these two alone (splitmix64).
func chance(i, what int) float64 {
	x := uint64(i)*0x9e3779b97f4a7c15 + uint64(what)*0xd1b54a32d192ed03
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return float64((x^x>>31)>>11) / (1 << 53)
}

// Stories of a source come in bursts of so many, one burst in so many gaps.
const (
	burst = 8
	cycle = 4 * burst
)

// published gives how many stories there are at a time.
func (w *world) published(o *origin, at time.Time) int {
	if o.gap == 0 {
		return 1
	}
	gaps := int(at.Sub(w.first(o)) / o.gap)
	return gaps/cycle*burst + min(gaps%cycle+1, burst)
}

// date gives when a story was published; the first one has number 1.
func (w *world) date(o *origin, number int) time.Time {
	number--
	return w.first(o).Add(time.Duration(number/burst*cycle+number%burst) * o.gap)
}

// first is when the first story was published: long ago.
func (w *world) first(o *origin) time.Time { return w.start.Add(o.offset - 6000*day) }

// document is the feed with its last four stories.
func (w *world) document(i int, o *origin, stories int) []byte {
	var b strings.Builder
	name := w.hosts[o.host].name
	fmt.Fprintf(&b, `<?xml version="1.0"?><rss version="2.0"><channel><title>Source %d</title><link>http://%s/</link>`, i, name)
	for n := stories; n > max(stories-4, 0); n-- {
		fmt.Fprintf(&b, `<item><guid isPermaLink="false">%d-%d</guid><title>Story %d</title><link>http://%s/%d/%d</link><pubDate>%s</pubDate></item>`,
			i, n, n, name, i, n, w.date(o, n).Format(time.RFC1123Z))
	}
	b.WriteString(`</channel></rss>`)
	return []byte(b.String())
}

// validators are those of the document with so many stories.
func (w *world) validators(i int, stories int) news.Validators {
	v := news.Validators{URL: w.url(i)}
	if w.origins[i].trait == careless {
		v.BodyHash = uint64(stories) + 1
	} else {
		v.ETag = fmt.Sprintf(`"%d"`, stories)
	}
	return v
}

func (w *world) url(i int) string {
	return fmt.Sprintf("http://%s/%d", w.hosts[w.origins[i].host].name, i)
}

// interval is how long a healthy source is to be left alone, worked out beside
// the program: half of its gap, but 15 minutes to a day, an hour when the pace
// is unknown, and never less than its max-age.
func (o *origin) interval() time.Duration {
	if o.gap == 0 {
		return max(time.Hour, o.fresh)
	}
	return max(min(max(o.gap/2, 15*time.Minute), day), o.fresh)
}

// healthy reports whether every visit of the source succeeds.
func (o *origin) healthy() bool { return o.trait <= slow }

// failure gives what a visit fails with; nil when it succeeds.
func (w *world) failure(i int, o *origin, now time.Time) *fetch.Error {
	if w.hosts[o.host].limited && chance(i, int(now.UnixMilli())) < 0.005 {
		return &fetch.Error{Cause: news.CauseRateLimited, Status: 429, RetryAfter: 5 * time.Minute, HostWide: true, Detail: "429"}
	}
	switch o.trait {
	case unknown:
		return &fetch.Error{Cause: news.CauseDNS, Detail: "no such host"}
	case notFound:
		return &fetch.Error{Cause: news.CauseNotFound, Status: 404, Detail: "404"}
	case gone:
		return &fetch.Error{Cause: news.CauseGone, Status: 410, Detail: "410"}
	case forbidden:
		return &fetch.Error{Cause: news.CauseForbidden, Status: 403, Detail: "403"}
	case deaf:
		return &fetch.Error{Cause: news.CauseTimeout, Detail: "no answer within 30s"}
	case flaky:
		if chance(i, int(now.UnixMilli())) < 0.2 {
			return &fetch.Error{Cause: news.CauseStatus, Status: 503, Detail: "503"}
		}
	}
	return nil
}

// answer is what the upstream of a source says after its latency, as
// fetch.Fetcher would tell it.
func (w *world) answer(ctx context.Context, i int, was news.Validators) (*fetch.Response, error) {
	o := &w.origins[i]
	timer := time.NewTimer(o.latency)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return nil, &fetch.Error{Cause: news.CauseInternal, Detail: "given up", Err: context.Canceled}
	}
	now := time.Now()
	if failure := w.failure(i, o, now); failure != nil {
		return nil, failure
	}
	stories := w.published(o, now)
	validators := w.validators(i, stories)
	r := &fetch.Response{Status: 200, URL: validators.URL, ContentType: "application/rss+xml", Validators: validators, FreshFor: o.fresh}
	if was == validators {
		r.Unchanged = true
		if o.trait != careless {
			r.Status = 304
		}
		return r, nil
	}
	r.Body = w.document(i, o, stories)
	r.Bytes = int64(len(r.Body))
	return r, nil
}

// source gives a source as the config would have it.
func (w *world) source(i int) news.Source {
	h := &w.hosts[w.origins[i].host]
	return news.Source{
		Name: fmt.Sprintf("s-%d", i), URL: w.url(i), Schedule: "adaptive",
		Content: news.ContentFull, Images: news.ImagesKeep, Identity: news.IdentityID,
		Fetch: news.FetchSettings{Timeout: timeout, HostConcurrency: cmp.Or(h.concurrency, 1), HostDelay: h.delay},
	}
}
