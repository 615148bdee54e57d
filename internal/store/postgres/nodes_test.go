package postgres_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tributary/internal/news"
	"tributary/internal/postgrestest"
	"tributary/internal/store/migrate"
	"tributary/internal/store/postgres"
)

var now = time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC)

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// configure configures a source and a feed and gives the source's key.
func configure(t testing.TB, db *postgres.DB) news.SourceKey {
	t.Helper()
	keys, err := db.SyncSources(t.Context(), []news.Source{{Name: "a", URL: "https://a.example/feed"}}, now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.SyncFeeds(t.Context(), map[string]string{"x": "1"}); err != nil {
		t.Fatal(err)
	}
	return keys["a"]
}

// put claims the source at a time and stores a story in the feed.
func put(t testing.TB, db *postgres.DB, key news.SourceKey, at time.Time, story news.Story) error {
	t.Helper()
	claimed, err := db.Claim(t.Context(), news.ClaimRequest{Now: at, Limit: 1, Only: []news.SourceKey{key}, Lease: time.Minute})
	if err != nil {
		return err
	}
	if len(claimed.Leases) != 1 {
		return fmt.Errorf("nothing to claim: %+v", claimed)
	}
	_, err = db.Record(t.Context(), []news.Result{{
		Lease: claimed.Leases[0], Due: at.Add(time.Hour), Health: news.HealthOK,
		Visit: news.Visit{At: at, Outcome: news.OutcomeChanged}, Batch: &news.Batch{},
	}}, func(*news.Known, *news.Result) news.Changes {
		return news.Changes{
			Insert: []news.Story{story}, Feeds: []string{"x"},
			Place: []news.Place{{Feed: "x", Story: -1, Date: now, PublicID: story.PublicID}},
		}
	})
	return err
}

func TestManyNodesOpenANewDatabase(t *testing.T) {
	t.Parallel()
	url := postgrestest.URL(t)
	var nodes sync.WaitGroup
	for range 8 {
		nodes.Go(func() {
			db, err := postgres.Open(t.Context(), url, postgres.Options{Connections: 1})
			if err != nil {
				t.Error(err)
				return
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	nodes.Wait()
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	newer := postgrestest.URL(t)
	db := open(t, newer)
	if err := db.Exec(t.Context(), `UPDATE schema_version SET version = 99`); err != nil {
		t.Fatal(err)
	}
	_, err := postgres.Open(t.Context(), newer, postgres.Options{})
	if wrong, ok := errors.AsType[*migrate.NewerError](err); !ok || wrong.Database != 99 {
		t.Errorf("a newer database: %v", err)
	}

	taken := postgrestest.URL(t)
	administer(t, taken, `CREATE SCHEMA IF NOT EXISTS `+schemaOf(taken), `CREATE TABLE sources (mine TEXT)`)
	if _, err := postgres.Open(t.Context(), taken, postgres.Options{}); err == nil || !strings.Contains(err.Error(), "something else lives") {
		t.Errorf("another program's schema: %v", err)
	}

	ascii := postgrestest.URL(t)
	administer(t, ascii, `CREATE DATABASE `+schemaOf(ascii)+` ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`)
	ascii = strings.Replace(ascii, "/postgres?", "/"+schemaOf(ascii)+"?", 1)
	if _, err := postgres.Open(t.Context(), ascii, postgres.Options{}); err == nil || !strings.Contains(err.Error(), "UTF8") {
		t.Errorf("another encoding: %v", err)
	}
}

func schemaOf(url string) string {
	_, schema, _ := strings.Cut(url, "search_path=")
	schema, _, _ = strings.Cut(schema, "&")
	return schema
}

func administer(t *testing.T, url string, statements ...string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	for _, statement := range statements {
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// Sites in schemas of one database know nothing of each other.
func TestTwoSitesInOneDatabase(t *testing.T) {
	t.Parallel()
	one, two := open(t, postgrestest.URL(t)), open(t, postgrestest.URL(t))
	key := configure(t, one)
	configure(t, two)
	mine, others := one.Watch(t.Context()), two.Watch(t.Context())
	if err := put(t, one, key, now, news.Story{ID: "1", PublicID: "urn:1", Date: now}); err != nil {
		t.Fatal(err)
	}
	<-mine
	if stories, err := two.Stories(t.Context(), 0, 10); err != nil || len(stories) != 0 {
		t.Errorf("the other site has %v, %v", stories, err)
	}
	// Notices come in the order of the commits: had the first one counted, it
	// would be there by now.
	if err := two.Exec(t.Context(), `SELECT pg_notify('tributary', current_schema())`); err != nil {
		t.Fatal(err)
	}
	<-others
	select {
	case <-others:
		t.Error("another site's change gave a token")
	default:
	}
}

// TestCutOff breaks the connections of a node: what it is asked meanwhile fails
// soon and says what to do, and all goes on once the way is free.
func TestCutOff(t *testing.T) {
	t.Parallel()
	url := postgrestest.URL(t)
	beside := open(t, url)
	proxy := postgrestest.NewProxy(t)
	node := open(t, proxy.URL(t, url))
	key := configure(t, node)
	if err := put(t, node, key, now, news.Story{ID: "1", PublicID: "urn:1", Date: now}); err != nil {
		t.Fatal(err)
	}
	tokens := node.Watch(t.Context())
	proxy.Cut()
	began := time.Now()
	if _, err := node.Sources(t.Context()); err == nil || !strings.Contains(err.Error(), "see that PostgreSQL runs") {
		t.Errorf("reading while it is cut off: %v", err)
	}
	if err := put(t, node, key, now.Add(time.Hour), news.Story{ID: "2", PublicID: "urn:2"}); err == nil {
		t.Error("writing while it is cut off")
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %v to say that the database is gone", took)
	}
	if err := put(t, beside, key, now.Add(2*time.Hour), news.Story{ID: "3", PublicID: "urn:3", Date: now}); err != nil {
		t.Fatal(err)
	}
	proxy.Mend()
	select {
	case <-tokens:
	case <-time.After(patience):
		t.Fatal("no token after the way was free again")
	}
	if stories, err := node.Stories(t.Context(), 0, 10); err != nil || len(stories) != 2 {
		t.Errorf("afterwards %d stories, %v", len(stories), err)
	}
	if err := put(t, node, key, now.Add(3*time.Hour), news.Story{ID: "4", PublicID: "urn:4"}); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// TestSilence lets a connection stand that brings nothing any more.
func TestSilence(t *testing.T) {
	t.Parallel()
	url := postgrestest.URL(t)
	proxy := postgrestest.NewProxy(t)
	node, err := postgres.Open(t.Context(), proxy.URL(t, url), postgres.Options{
		ConnectTimeout: 2 * time.Second, StatementTimeout: 2 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer node.Close()
	proxy.Mute()
	began := time.Now()
	if _, err := node.Sources(t.Context()); err == nil {
		t.Error("silence gave an answer")
	}
	if took := time.Since(began); took > patience {
		t.Errorf("it took %v to give up", took)
	}
	proxy.Mend()
	if _, err := node.Sources(t.Context()); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// Links longer than an index over texts takes, and ids of odd bytes.
func TestLongAndOddTexts(t *testing.T) {
	t.Parallel()
	db := open(t, postgrestest.URL(t))
	key := configure(t, db)
	random := make([]byte, 6000)
	for i := range random {
		random[i] = "abcdefghijklmnopqrstuvwxyz0123456789-_.~"[rand.IntN(40)]
	}
	link := "https://long.example/" + string(random)
	odd := strings.Repeat("\x00\xff\uffff", 200)
	if err := put(t, db, key, now, news.Story{ID: odd, PublicID: "urn:odd", Canonical: link, Link: link, Date: now}); err != nil {
		t.Fatal(err)
	}
	found, err := db.Find(t.Context(), odd, "")
	if err != nil || len(found) != 1 || found[0].ID != odd {
		t.Errorf("by the id: %d stories, %v", len(found), err)
	}
	if found, err = db.Find(t.Context(), "x", link); err != nil || len(found) != 1 || found[0].Canonical != link {
		t.Errorf("by the link: %d stories, %v", len(found), err)
	}
	places := []news.Place{{Story: found[0].Key, Date: now, PublicID: "urn:first"}}
	if err := db.ReplacePlaces(t.Context(), "x", "2", places); err != nil { // keeps the link for ever
		t.Error(err)
	}
}
