package fulltext

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"tributary/aggregator/fetch"
	"tributary/aggregator/merge"
	"tributary/internal/news"
)

// retries are the pauses after failures that may pass; after the last one the
// feed's text stays.
var retries = []time.Duration{10 * time.Minute, time.Hour}

// visit reads the page of one leased story and stores what came of it. When
// ctx ends before, nothing is stored: the lease runs out and the page comes
// again.
func (w *Worker) visit(ctx context.Context, p *plan, lease news.PageLease) {
	source := p.sources[lease.Story.Source]
	if source == nil {
		return // another process's config has it
	}
	story, err := w.read(ctx, source, lease.Story)
	if ctx.Err() != nil {
		return
	}
	result := news.PageResult{Lease: lease, At: w.options.Now(), Story: story}
	if err != nil {
		w.failed(&result, source, err)
	}
	if err := w.record(ctx, p, source, &result); err != nil && ctx.Err() == nil {
		w.options.Log.Error("a full text can't be stored; it is read again", "source", source.Name, "error", err)
	}
	w.options.Recorded()
}

// read gives the story with its full text, nil when that is no better than
// what it has. A panic is the failure of this one page.
func (w *Worker) read(ctx context.Context, source *news.Source, story news.Story) (full *news.Story, err error) {
	defer func() {
		if r := recover(); r != nil {
			full, err = nil, fmt.Errorf("%w: our own fault: %v", errNotPage, r)
		}
	}()
	if source.Content == news.ContentSummary && story.Summary != "" {
		return nil, nil // nothing of a full text may be shown
	}
	response, err := w.options.Fetcher.Fetch(ctx, fetch.Request{Source: pageOf(source, story.Link)})
	if err != nil {
		return nil, err
	}
	defer response.Release()
	article, err := Extract(response.Body, response.ContentType, response.URL)
	if err != nil {
		return nil, err
	}
	if !w.normalizer.FullText(&story, source, article, response.URL) {
		w.options.Log.Debug("the page has no more text than the feed", "source", source.Name, "story", story.Link)
		return nil, nil
	}
	return &story, nil
}

// failed says when to try again, and logs it.
func (w *Worker) failed(result *news.PageResult, source *news.Source, err error) {
	tries := result.Lease.Tries
	attributes := []any{"source", source.Name, "story", result.Lease.Story.Link, "error", oneLine(err.Error())}
	failure, _ := errors.AsType[*fetch.Error](err)
	if failure != nil && failure.Cause == news.CauseRateLimited {
		result.HostFree = result.At.Add(failure.RetryAfter)
	}
	if failure == nil || !passes(failure.Cause, failure.Status) || tries >= len(retries) {
		w.options.Log.Warn("no full text; the feed's text stays", attributes...)
		return
	}
	pause := max(time.Duration(float64(retries[tries])*(0.9+0.2*w.options.Jitter())), failure.RetryAfter)
	result.Retry = result.At.Add(pause)
	w.options.Log.Warn("no full text yet", append(attributes, "next", result.Retry.UTC().Format(time.RFC3339))...)
}

// passes reports whether a failure may pass by itself.
func passes(cause news.Cause, status int) bool {
	switch cause {
	case news.CauseDNS, news.CauseConnect, news.CauseTLS, news.CauseTimeout, news.CauseRateLimited,
		news.CauseTruncated, news.CauseInternal:
		return true
	}
	return cause == news.CauseStatus && status >= 500
}

func (w *Worker) record(ctx context.Context, p *plan, source *news.Source, result *news.PageResult) error {
	w.options.Recording.Lock()
	defer w.options.Recording.Unlock()
	if now := w.plan.Load(); now != p { // the config changed: decide by the new one
		if p = now; p.sources[result.Lease.Story.Source] == nil {
			result.Story = nil
		}
		source = p.sources[result.Lease.Story.Source]
	}
	recorded, err := w.options.Store.RecordPage(ctx, *result, func(known *news.Known, story *news.Story) news.Changes {
		return merge.Text(known, story, merge.Rules{Source: source, Member: p.member})
	})
	if err == nil && recorded && result.Story != nil {
		w.options.Log.Info("story has its full text", "source", source.Name, "story", result.Story.Link, "words", result.Story.Words)
	}
	return err
}

// pageOf is a page of a source's story, as a source to fetch once. What the
// operator trusted the source's host with is for that host alone: a feed
// chooses its links, and must not be able to read out a private network, or to
// collect a password.
func pageOf(source *news.Source, link string) *news.Source {
	page := &news.Source{Name: source.Name, URL: link, Fetch: source.Fetch}
	if !sameOrigin(source.URL, link) {
		page.Fetch.Headers = nil
	}
	if hostOf(source.URL) != hostOf(link) {
		page.Fetch.AllowNetworks = nil
	}
	return page
}

// sameOrigin compares scheme, host and port (RFC 6454 §5).
func sameOrigin(a, b string) bool {
	x, err1 := url.Parse(a)
	y, err2 := url.Parse(b)
	return err1 == nil && err2 == nil && x.Scheme == y.Scheme && strings.EqualFold(x.Host, y.Host)
}

// freeHost is the host of a source that needs no pause.
func freeHost(source *news.Source) string {
	if !source.Fetch.Unpaced {
		return ""
	}
	return hostOf(source.URL)
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
}

// oneLine keeps what an upstream wrote from forging lines of a log.
func oneLine(s string) string {
	return strings.Join(slices.DeleteFunc(strings.Fields(s), func(f string) bool { return strings.ContainsAny(f, "\x00\x1b") }), " ")
}
