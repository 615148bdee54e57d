package discover

import (
	"cmp"
	"context"
	"errors"
	"mime"
	"net/url"
	"slices"
	"strings"
	"time"

	"tributary/aggregator/fetch"
	"tributary/aggregator/normalize"
	"tributary/aggregator/parse"
	"tributary/internal/news"
)

// search is one run of Find. Only one goroutine uses it.
type search struct {
	options  Options
	requests int
	asked    map[string]bool      // addresses
	last     map[string]time.Time // when a host's last answer came
	shut     map[string]bool      // hosts that turned us away
	feeds    map[string]bool      // addresses that answered with a feed, after redirects
	tried    []Attempt
}

// run searches behind one address.
func (s *search) run(ctx context.Context, address string) ([]Candidate, *Error) {
	response, err := s.fetch(ctx, address)
	if err != nil {
		return nil, &Error{Err: err}
	}
	candidate, reason := read(response, Candidate{URL: address, Via: ViaAddress})
	if candidate != nil {
		return []Candidate{*candidate}, nil
	}
	if !isPage(response) {
		return nil, &Error{Found: reason}
	}
	at := readPage(response)
	for _, look := range []func(context.Context, *page) []Candidate{s.links, s.anchors, s.guesses} {
		if found := look(ctx, at); len(found) > 0 {
			return found, nil
		}
	}
	return nil, &Error{Found: reason, Tried: s.tried}
}

func (s *search) links(ctx context.Context, p *page) []Candidate {
	return s.all(ctx, p.links, ViaLink)
}

func (s *search) anchors(ctx context.Context, p *page) []Candidate {
	return s.all(ctx, p.anchors, ViaAnchor)
}

// all reads the references of one kind, the feeds of comments last.
func (s *search) all(ctx context.Context, refs []reference, via Via) (found []Candidate) {
	for _, ref := range refs[:min(len(refs), maxLinks)] {
		if candidate := s.try(ctx, ref, via); candidate != nil {
			found = append(found, *candidate)
		}
	}
	slices.SortStableFunc(found, func(a, b Candidate) int { return cmp.Compare(rank(a.Comments), rank(b.Comments)) })
	return found
}

func rank(last bool) int {
	if last {
		return 1
	}
	return 0
}

// guesses tries usual addresses until one is a feed.
func (s *search) guesses(ctx context.Context, p *page) []Candidate {
	for _, address := range usual(p.url) {
		if candidate := s.try(ctx, reference{url: address}, ViaGuess); candidate != nil {
			return []Candidate{*candidate}
		}
	}
	return nil
}

// usual gives addresses that feeds often have: below the page's own folder
// where it isn't the root, then below the root.
func usual(page *url.URL) []string {
	folder := page.Path[:strings.LastIndexByte(page.Path, '/')+1]
	if !strings.HasSuffix(page.Path, "/") && !strings.Contains(page.Path[len(folder):], ".") {
		folder = page.Path + "/" // /blog is a folder more often than not
	}
	paths := []string{"/feed", "/feed.xml", "/rss.xml", "/atom.xml", "/index.xml", "/rss", "/feed.json"}
	if folder != "/" && folder != "" {
		paths = append([]string{folder + "feed", folder + "feed.xml", folder + "index.xml", folder + "rss.xml"}, paths...)
	}
	addresses := make([]string, len(paths))
	for i, path := range paths {
		addresses[i] = page.ResolveReference(&url.URL{Path: path}).String()
	}
	return addresses
}

// try reads one address; nil when it is no feed or isn't asked.
func (s *search) try(ctx context.Context, ref reference, via Via) *Candidate {
	if s.asked[ref.url] || s.requests >= maxRequests || s.shut[host(ref.url)] || ctx.Err() != nil {
		return nil
	}
	response, err := s.fetch(ctx, ref.url)
	if err != nil {
		s.tried = append(s.tried, Attempt{ref.url, fold(err.Error())})
		return nil
	}
	candidate, reason := read(response, Candidate{URL: ref.url, Title: ref.title, Via: via, Comments: ref.comments})
	switch {
	case candidate == nil:
		s.tried = append(s.tried, Attempt{ref.url, "it is " + reason})
		return nil
	case s.feeds[response.url]: // the same one by another address
		return nil
	}
	s.feeds[response.url] = true
	return candidate
}

// answer is a fetched document.
type answer struct {
	url, contentType, moved string
	body                    []byte
}

// fetch asks one address once its host has had its pause.
func (s *search) fetch(ctx context.Context, address string) (*answer, error) {
	at := host(address)
	if err := pause(ctx, s.options.Delay-time.Since(s.last[at]), s.last[at].IsZero()); err != nil {
		return nil, err
	}
	s.requests++
	s.asked[address] = true
	s.options.Step(address)
	defer func() { s.last[at] = time.Now() }()
	response, err := s.options.Fetcher.Fetch(ctx, fetch.Request{Source: &news.Source{
		Name: "discover", URL: address,
		Fetch: news.FetchSettings{Timeout: timeout, AllowNetworks: s.options.AllowNetworks},
	}})
	if err != nil {
		s.shut[at] = s.shut[at] || turnedAway(err)
		return nil, err
	}
	defer response.Release()
	return &answer{
		url: response.URL, contentType: response.ContentType, moved: response.MovedTo,
		body: slices.Clone(response.Body),
	}, nil
}

// turnedAway reports whether an error speaks for the whole host: another
// address there would get the same.
func turnedAway(err error) bool {
	failure, ok := errors.AsType[*fetch.Error](err)
	if !ok {
		return false
	}
	switch failure.Cause {
	case news.CauseRateLimited, news.CauseForbidden, news.CauseDNS, news.CauseConnect,
		news.CauseTLS, news.CauseTimeout, news.CauseBlocked:
		return true
	}
	return false
}

func pause(ctx context.Context, d time.Duration, first bool) error {
	if d <= 0 || first {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return strings.ToLower(u.Host)
}

// read makes a candidate of an answer, or says what the answer is instead. A
// feed without stories is one, with trouble.
func read(a *answer, c Candidate) (*Candidate, string) {
	doc, err := parse.Parse(a.body, parse.Options{ContentType: a.contentType, URL: a.url})
	if err != nil && doc == nil {
		if failure, ok := errors.AsType[*parse.Error](err); ok {
			return nil, fold(failure.Detail)
		}
		return nil, fold(err.Error())
	}
	batch := normalize.New().Batch(doc, normalize.Options{URL: a.url})
	c.URL = cmp.Or(a.moved, c.URL)
	c.Title, c.Site = cmp.Or(batch.Title, c.Title), batch.Link
	c.Type, c.Stories = batch.Format, len(batch.Stories)
	c.Newest = newest(batch.Stories)
	c.Trouble = append(c.Trouble, batch.Warnings...)
	if err != nil {
		c.Trouble = append(c.Trouble, "it has no stories yet; until it has, a source like this counts as failing")
	}
	return &c, ""
}

// newest gives the three newest stories; without dates the first three.
func newest(stories []news.Story) []Story {
	short := make([]Story, len(stories))
	for i := range stories {
		date := stories[i].Published
		if date.IsZero() {
			date = stories[i].Updated
		}
		short[i] = Story{Title: stories[i].Title, Link: stories[i].Link, Date: date}
	}
	slices.SortStableFunc(short, func(a, b Story) int { return b.Date.Compare(a.Date) })
	return short[:min(len(short), 3)]
}

// isPage reports whether an answer is HTML, by its type or by its beginning.
func isPage(a *answer) bool {
	media, _, _ := mime.ParseMediaType(a.contentType)
	if media == "text/html" || media == "application/xhtml+xml" {
		return true
	}
	head := strings.ToLower(string(a.body[:min(len(a.body), 2<<10)]))
	return strings.Contains(head, "<html") || strings.Contains(head, "<!doctype html") || strings.Contains(head, "<head")
}
