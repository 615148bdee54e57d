package sqlite_test

import (
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"tributary/internal/news"
)

// TestNothingIsRememberedOfAFailedTransaction records a result that is stored
// beside one that can't be, so that neither is.
func TestNothingIsRememberedOfAFailedTransaction(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "x.db"))
	if _, err := db.SyncSources(t.Context(), manySources(2), now); err != nil {
		t.Fatal(err)
	}
	at := now
	claim := func() []news.Lease {
		t.Helper()
		at = at.Add(time.Hour)
		stored, err := db.Sources(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		claimed, err := db.Claim(t.Context(), news.ClaimRequest{Now: at, Limit: 2, Lease: time.Minute})
		if err != nil || len(claimed.Leases) != 2 {
			t.Fatalf("claimed %+v, %v", claimed, err)
		}
		for i, lease := range claimed.Leases {
			if !reflect.DeepEqual(lease.Source, stored[i]) {
				t.Errorf("the lease carries %+v, stored is %+v", lease.Source, stored[i])
			}
		}
		return claimed.Leases
	}
	record := func(leases []news.Lease, second *news.Batch) error {
		results := make([]news.Result, len(leases))
		for i, lease := range leases {
			results[i] = news.Result{
				Lease: lease, Due: at.Add(time.Minute), Health: news.HealthOK,
				Visit: news.Visit{At: at, Duration: time.Second, Outcome: news.OutcomeUnchanged, Status: 304},
			}
		}
		results[1].Batch = second
		_, err := db.Record(t.Context(), results, func(*news.Known, *news.Result) news.Changes {
			twice := news.Story{ID: "i", PublicID: "p"}
			return news.Changes{Insert: []news.Story{twice, twice}}
		})
		return err
	}
	for range 2 {
		if err := record(claim(), nil); err != nil {
			t.Fatal(err)
		}
	}
	leases := claim()
	if err := record(leases, &news.Batch{}); err == nil {
		t.Fatal("two stories with the same id were stored")
	}
	claim()
	visits, err := db.Visits(t.Context(), leases[0].Source.Key)
	if err != nil || len(visits) != 2 {
		t.Errorf("%d visits, %v; want those of the results that were stored", len(visits), err)
	}
}
