package aggregator

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"tributary/aggregator/fetch"
	"tributary/aggregator/normalize"
	"tributary/aggregator/parse"
	"tributary/aggregator/schedule"
	"tributary/internal/news"
)

// visit pulls one leased source. It gives no result when the visit was given
// up because ctx ended: the source then comes again.
func (a *Aggregator) visit(ctx context.Context, plan *plan, lease news.Lease) (result news.Result, ok bool) {
	source := plan.byKey[lease.Source.Key]
	if source == nil {
		a.log.Warn("a source of another config is due; this process doesn't know it", "source", lease.Source.Name)
		return result, false
	}
	start := a.now()
	found, err := a.pull(ctx, plan, source, &lease)
	if err != nil && ctx.Err() != nil {
		return result, false
	}
	result = a.conclude(source, lease, found, err)
	result.Visit.At = start
	result.Visit.Duration = a.now().Sub(start)
	return result, true
}

// found is what a visit brought.
type found struct {
	response *fetch.Response // nil for local articles and failures
	batch    *news.Batch     // nil when unchanged
	due      dueHint
}

// pull fetches, parses and normalizes. A panic in any of it is the failure of
// this one visit.
func (a *Aggregator) pull(ctx context.Context, plan *plan, source *planned, lease *news.Lease) (f found, err error) {
	defer func() {
		if r := recover(); r != nil {
			a.log.Error("panic while visiting", "source", source.Name, "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
			err = &fetch.Error{Cause: news.CauseInternal, Detail: "our own fault; the log has the details"}
		}
	}()
	if source.IsArticles() {
		return a.pullArticles(plan)
	}
	response, err := a.fetcher.Fetch(ctx, fetch.Request{Source: source.Source, Validators: lease.Source.Validators})
	if err != nil {
		return f, err
	}
	defer response.Release()
	f.response = response
	f.due.fresh = response.FreshFor
	f.due.refresh, f.due.gap = lease.Source.Refresh, lease.Source.Gap
	if response.Unchanged {
		return f, nil
	}
	doc, err := a.read(ctx, response)
	if err != nil {
		return f, err
	}
	f.due.refresh = doc.Refresh
	f.due.gap = cmp.Or(medianGap(doc), lease.Source.Gap)
	f.batch = a.normalize(ctx, source, lease, doc, response.URL)
	return f, nil
}

// read parses a body and releases it. The number of bodies that are parsed at
// once is bounded; the rest wait.
func (a *Aggregator) read(ctx context.Context, response *fetch.Response) (*news.Document, error) {
	select {
	case a.parsing <- struct{}{}:
		defer func() { <-a.parsing }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer response.Release()
	options := parse.Options{ContentType: response.ContentType, URL: response.URL}
	if len(response.Body) < largeBody {
		return parse.Parse(response.Body, options)
	}
	return readLarge(response, options)
}

// largeBody is the size in bytes from which a document is large. Each step of
// reading it leaves as much behind, and left to itself the garbage collector
// would let the process grow to several times that before it looks.
const largeBody = 4 << 20

// readLarge parses a large body, of which it holds no more than it must.
func readLarge(response *fetch.Response, options parse.Options) (*news.Document, error) {
	body := response.Body
	if len(body) > parse.Enough {
		body = bytes.Clone(body[:parse.Enough])
		response.Release()
	}
	runtime.GC() // what the body grew out of
	doc, err := parse.Parse(body, options)
	runtime.GC() // the body, and what the parser made of it
	return doc, err
}

// normalize makes a batch of a document. Stories that are known already are
// not sanitized again; should the store not say which, all of them are.
func (a *Aggregator) normalize(ctx context.Context, source *planned, lease *news.Lease, doc *news.Document, url string) *news.Batch {
	options := normalize.Options{Source: source.Source, URL: url}
	seen, err := a.store.Seen(ctx, lease.Source.Key, a.normalizer.IDs(doc, options))
	if err != nil {
		a.log.Warn("known stories can't be told; reading all of them anew", "source", source.Name, "error", err)
	}
	options.Seen = seen
	batch := a.normalizer.Batch(doc, options)
	for i := range batch.Stories {
		batch.Stories[i].Policy = normalize.PolicyVersion
	}
	return batch
}

// medianGap is the pace of a document's entries.
func medianGap(doc *news.Document) time.Duration {
	dates := make([]time.Time, len(doc.Entries))
	for i := range doc.Entries {
		if dates[i] = doc.Entries[i].Published; dates[i].IsZero() {
			dates[i] = doc.Entries[i].Updated
		}
	}
	return schedule.MedianGap(dates)
}

// failure says why a visit brought nothing.
func failure(err error) (cause news.Cause, status int, detail string) {
	if fetching, ok := errors.AsType[*fetch.Error](err); ok {
		return fetching.Cause, fetching.Status, fetching.Error()
	}
	if parsing, ok := errors.AsType[*parse.Error](err); ok {
		return parsing.Cause, 0, parsing.Error()
	}
	return news.CauseInternal, 0, err.Error()
}
