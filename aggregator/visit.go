package aggregator

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"tributary/aggregator/fetch"
	"tributary/aggregator/normalize"
	"tributary/aggregator/parse"
	"tributary/internal/news"
)

// visit pulls one leased source. It gives no result when the visit was given
// up because ctx ended: the lease then runs out and the source comes again.
func (a *Aggregator) visit(ctx context.Context, plan *plan, lease news.Lease) (result news.Result, ok bool) {
	source := plan.sources[lease.Source.Name]
	if source == nil {
		return result, false // configured by another process, not by this one
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
	response, err := a.fetcher.Fetch(ctx, fetch.Request{Source: &source.Source, Validators: lease.Source.Validators})
	if err != nil {
		return f, err
	}
	defer response.Release()
	f.response = response
	f.due.fresh = response.FreshFor
	f.due.refresh = news.Refresh{Interval: lease.Source.Interval}
	if response.Unchanged {
		return f, nil
	}
	f.batch, err = a.read(ctx, source, lease, response)
	if err == nil {
		f.due.refresh = f.batch.Refresh
		f.due.dates = published(f.batch)
	}
	return f, err
}

// read makes a batch of a body. The number of bodies that are read at once is
// bounded; the rest wait.
func (a *Aggregator) read(ctx context.Context, source *planned, lease *news.Lease, response *fetch.Response) (*news.Batch, error) {
	select {
	case a.parsing <- struct{}{}:
		defer func() { <-a.parsing }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	doc, err := parse.Parse(response.Body, parse.Options{ContentType: response.ContentType, URL: response.URL})
	if err != nil {
		return nil, err
	}
	options := normalize.Options{Source: &source.Source, URL: response.URL}
	options.Seen, err = a.store.Seen(ctx, lease.Source.Key, a.normalizer.IDs(doc, options))
	if err != nil {
		return nil, fmt.Errorf("ask which stories are known: %w", err)
	}
	return a.normalizer.Batch(doc, options), nil
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
