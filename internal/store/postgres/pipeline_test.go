package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"tributary/internal/news"
	"tributary/internal/postgrestest"
	"tributary/internal/store/relational"
)

// ways counts how often a connection waits for the server.
type ways struct{ atomic.Int64 }

func (w *ways) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	w.Add(1)
	return ctx
}
func (w *ways) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (w *ways) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	w.Add(1)
	return ctx
}
func (w *ways) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}
func (w *ways) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData)     {}

// traced opens the database of openOne again, with a count of its ways.
func traced(t *testing.T) (*relational.DB, *ways) {
	t.Helper()
	url := postgrestest.URL(t)
	first, err := Open(t.Context(), url, Options{}) // moves the schema
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { first.Close() })
	config, err := configOf(url, Options{Connections: 1, ConnectTimeout: time.Minute, StatementTimeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	count := new(ways)
	config.ConnConfig.Tracer = count
	e := &engine{statementTimeout: time.Minute}
	if e.pool, err = pgxpool.NewWithConfig(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.pool.Close)
	return relational.New(e, ""), count
}

// What a transaction costs on a slow network is how often it waits for the
// server, however many statements it has.
func TestWaysToTheServer(t *testing.T) {
	t.Parallel()
	db, ways := traced(t)
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	sources := make([]news.Source, 10)
	for i := range sources {
		name := "source-" + string(rune('a'+i))
		sources[i] = news.Source{Name: name, URL: "https://" + name + ".example/feed",
			Fetch: news.FetchSettings{HostConcurrency: 1, HostDelay: time.Second}}
	}
	keys, err := db.SyncSources(t.Context(), sources, now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.SyncFeeds(t.Context(), map[string]string{"latest": "", "other": ""}); err != nil {
		t.Fatal(err)
	}
	var claimed news.Claimed
	var results []news.Result
	claim := func(request news.ClaimRequest) func() error {
		return func() (err error) {
			request.Now, request.Lease = now, time.Minute
			claimed, err = db.Claim(t.Context(), request)
			results = results[:0]
			for _, lease := range claimed.Leases {
				results = append(results, news.Result{Lease: lease, Due: now.Add(time.Hour), Health: news.HealthOK,
					Visit: news.Visit{At: now, Outcome: news.OutcomeUnchanged, Status: 304}})
			}
			return err
		}
	}
	record := func() error {
		_, err := db.Record(t.Context(), results, nil)
		return err
	}
	// Each of the first results has 20 stories, which stand in two feeds.
	recordNew := func(count int) func() error {
		return func() error {
			for i := range count {
				results[i].Batch = newStories(results[i].Lease.Source.Name, 20, now)
			}
			_, err := db.Record(t.Context(), results, func(_ *news.Known, result *news.Result) news.Changes {
				changes := news.Changes{Insert: result.Batch.Stories, Feeds: []string{"latest", "other"}}
				for i, story := range changes.Insert {
					for _, feed := range changes.Feeds {
						changes.Place = append(changes.Place, news.Place{
							Feed: feed, Story: news.StoryKey(-1 - i), Date: now, PublicID: story.PublicID,
						})
					}
				}
				return changes
			})
			return err
		}
	}
	later := func(do func() error) func() error {
		return func() error { now = now.Add(2 * time.Hour); return do() }
	}
	steps := []struct {
		reason string
		do     func() error
		leases int
		want   int64
	}{
		{"find and lock; lock hosts and read; lease, look ahead and commit", claim(news.ClaimRequest{Limit: 4}), 4, 3},
		{"end leases; note health, put visits and commit", record, 4, 2},
		{"some are left out", claim(news.ClaimRequest{Limit: 100}), 6, 3},
		{"no more with more results", record, 6, 2},
		{"nothing is due: find; count and look ahead", claim(news.ClaimRequest{Limit: 100}), 0, 2},
		{"by name, within the pause of their hosts", claim(news.ClaimRequest{
			Limit: 100, Only: []news.SourceKey{keys["source-a"], keys["source-b"]},
		}), 0, 3},
		{"by name, later", later(claim(news.ClaimRequest{Limit: 3, Only: []news.SourceKey{
			keys["source-a"], keys["source-b"], keys["source-c"],
		}})), 3, 3},
		{"new stories: end leases; notes and state; what is known; keys and revisions; places and commit", recordNew(1), 3, 5},
		{"due later", later(claim(news.ClaimRequest{Limit: 3})), 3, 3},
		{"three times new stories: three ways more for each", recordNew(3), 3, 11},
	}
	for _, step := range steps {
		before := ways.Load()
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.reason, err)
		}
		if got := ways.Load() - before; got != step.want || len(claimed.Leases) != step.leases {
			t.Errorf("%s: %d ways with %d leases, want %d and %d", step.reason, got, len(claimed.Leases), step.want, step.leases)
		}
	}
}

func newStories(source string, count int, now time.Time) *news.Batch {
	batch := new(news.Batch)
	for i := range count {
		id := fmt.Sprintf("urn:%s-%d-%d", source, now.Unix(), i)
		batch.Stories = append(batch.Stories, news.Story{ID: id, PublicID: id, Title: id, Date: now, FirstSeen: now, Changed: now})
	}
	return batch
}

// raise raises the revision of the local articles.
const raise = `UPDATE feeds SET revision = revision + 1 WHERE name = '@articles'`

func TestLater(t *testing.T) {
	t.Parallel()
	var seen []int64
	note := func(row relational.Scanner) error {
		var n int64
		err := row.Scan(&n)
		seen = append(seen, n)
		return err
	}
	const revision = `SELECT revision FROM feeds WHERE name = '@articles'`
	broken := errors.New("broken")
	tests := []struct {
		reason string
		run    func(own relational.Session) error
		seen   []int64
		stored int64
		err    string
	}{
		{"nothing is asked", func(relational.Session) error { return nil }, nil, 0, ""},
		{"only put off", func(own relational.Session) error { return own.Later(raise, nil) }, nil, 1, ""},
		{"in order, before what is waited for", func(own relational.Session) error {
			return errors.Join(own.Later(revision, note), own.Later(raise, nil), own.Later(revision, note), own.Query(revision, note))
		}, []int64{0, 1, 1}, 1, ""},
		{"flushed", func(own relational.Session) error {
			return errors.Join(own.Later(revision, note), own.Flush(), own.Flush(), own.Later(raise, nil))
		}, []int64{0}, 1, ""},
		{"more than wait at once", func(own relational.Session) error {
			for range 3 * maxWaiting {
				if err := own.Later(raise, nil); err != nil {
					return err
				}
			}
			return nil
		}, nil, 3 * maxWaiting, ""},
		{"enough was read", func(own relational.Session) error {
			stop := func(row relational.Scanner) error { note(row); return relational.ErrStop }
			return errors.Join(own.Later(`SELECT n FROM generate_series(5, 900) AS n`, stop), own.Later(raise, nil), own.Flush())
		}, []int64{5}, 1, ""},
		{"one fails at COMMIT", func(own relational.Session) error {
			return errors.Join(own.Later(raise, nil), own.Later(`SELECT 1/0`, nil))
		}, nil, 0, "division by zero"},
		{"one fails before what is waited for", func(own relational.Session) error {
			return errors.Join(own.Later(raise, nil), own.Later(`SELECT 1/0`, nil), own.Query(revision, note))
		}, nil, 0, "division by zero"},
		{"a row is refused", func(own relational.Session) error {
			return errors.Join(own.Later(raise, nil), own.Later(revision, func(relational.Scanner) error { return broken }), own.Flush())
		}, nil, 0, "broken"},
		{"an argument that no column holds", func(own relational.Session) error {
			return own.Later(`UPDATE feeds SET revision = ?`, nil, struct{}{})
		}, nil, 0, "argument 1"},
		{"an error that nobody minded", func(own relational.Session) error {
			own.Later(raise, nil)
			own.Query(`SELECT 1/0`, note)
			return nil
		}, nil, 0, "rolled the transaction back"},
	}
	for _, test := range tests {
		db := openOne(t, Options{Connections: 1})
		seen = nil
		err := db.engine.Write(t.Context(), relational.Recording, test.run)
		if test.err == "" && err != nil || test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
			t.Errorf("%s: error %v, want %q", test.reason, err, test.err)
		}
		if !slices.Equal(seen, test.seen) {
			t.Errorf("%s: read %v, want %v", test.reason, seen, test.seen)
		}
		revisions, err := db.Revisions(t.Context())
		if err != nil || int64(revisions[news.ArticlesName]) != test.stored {
			t.Errorf("%s: revision %v, %v; want %d", test.reason, revisions, err, test.stored)
		}
	}
}
