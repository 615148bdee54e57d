package storetest

import (
	"reflect"
	"time"

	"tributary/internal/news"
)

// leasedChecks hold a store to the truth that it may be tempted to remember:
// whatever happened to a source since its last lease, here or elsewhere, the
// next one carries the state as it is stored.
var leasedChecks = []check{
	{"a lease carries the state that the last result left", func(f *fixture) {
		f.sync(source("a"), source("b", at("https://a.example/b")))
		f.feeds("x")
		for _, change := range []func(*news.Result){
			func(*news.Result) {},
			func(*news.Result) {},
			func(r *news.Result) { r.Visit.At = r.Visit.At.Add(1234 * time.Microsecond) },
			func(r *news.Result) { r.Visit.Bytes = 99 },
			func(r *news.Result) { r.Due = time.Time{} },
			func(r *news.Result) {
				r.Visit.Outcome, r.Visit.Cause, r.Visit.Detail = news.OutcomeFailed, news.CauseDNS, "no such host"
				r.Failures, r.Health = 1, news.HealthFailing
			},
			func(r *news.Result) {
				r.Visit.Outcome, r.Visit.Cause, r.Failures, r.Health = news.OutcomeFailed, news.CauseTLS, 2, news.HealthFailing
			},
			func(r *news.Result) { r.HostFree = f.now.Add(3 * time.Minute) },
			func(r *news.Result) { r.Validators = &news.Validators{URL: "u", ETag: "e", BodyHash: 1 << 63} },
			func(r *news.Result) { r.MovedTo = "https://new.example/" },
			func(r *news.Result) { r.MovedTo = "https://new.example/" },
			func(r *news.Result) {
				r.Refresh, r.Gap = &news.Refresh{Interval: time.Hour, SkipHours: []int{1, 5}}, time.Minute
			},
			func(r *news.Result) {
				r.Visit.Outcome, r.Visit.Status, r.Batch = news.OutcomeChanged, 200, &news.Batch{}
			},
			func(*news.Result) {},
		} {
			result := f.leasedAsStored("a")
			change(&result)
			f.record(result, to(news.Changes{Insert: []news.Story{story(result.Visit.At.String(), 0)}}))
			f.now = f.now.Add(10 * time.Minute)
		}
		if visits, err := f.Visits(f.Context(), f.keys["a"]); err != nil || len(visits) != 14 {
			f.Errorf("%d visits, %v", len(visits), err)
		}
	}},
	{"a lease carries what changed elsewhere", func(f *fixture) {
		f.sync(source("a"))
		other := f.open(f.T)
		for step, change := range []func() error{
			func() error { return nil },
			func() error {
				_, err := other.SyncSources(f.Context(), []news.Source{source("a", at("https://moved.example/"))}, f.now)
				return err
			},
			func() error {
				claimed, err := other.Claim(f.Context(), news.ClaimRequest{
					Now: f.now, Only: []news.SourceKey{f.keys["a"]}, Limit: 1, Lease: time.Minute,
				})
				if err != nil || len(claimed.Leases) != 1 {
					f.Fatalf("another process claims %+v, %v", claimed, err)
				}
				result := f.result(claimed.Leases[0])
				result.Validators, result.Visit.Status = &news.Validators{URL: "u", ETag: "e"}, 203
				_, err = other.Record(f.Context(), []news.Result{result}, f.none)
				return err
			},
			func() error {
				_, err := f.SyncSources(f.Context(), []news.Source{source("a", at("https://again.example/"))}, f.now)
				return err
			},
		} {
			f.record(f.leasedAsStored("a"), f.none)
			f.now = f.now.Add(10 * time.Minute)
			if err := change(); err != nil {
				f.Fatalf("step %d: %v", step, err)
			}
			f.now = f.now.Add(10 * time.Minute)
		}
		f.leasedAsStored("a")
	}},
	{"a host has its pause after each of many visits", func(f *fixture) {
		f.sync(source("a"))
		for range 3 {
			f.record(f.leasedAsStored("a"), f.none)
			f.now = f.now.Add(120*time.Millisecond + 2*time.Second - time.Millisecond)
			only := news.ClaimRequest{Limit: 1, Only: []news.SourceKey{f.keys["a"]}}
			if got := f.ask(only); len(got.Leases) != 0 || !got.Waiting {
				f.Errorf("claimed %+v in the pause", got)
			}
			f.now = f.now.Add(time.Millisecond)
		}
	}},
	{"a lease that another process holds is left alone", func(f *fixture) {
		f.sync(source("a"))
		other := f.open(f.T)
		f.record(f.leasedAsStored("a"), f.none)
		f.now = f.now.Add(time.Hour)
		request := news.ClaimRequest{Now: f.now, Limit: 1, Lease: time.Minute}
		claimed, err := other.Claim(f.Context(), request)
		if err != nil || len(claimed.Leases) != 1 {
			f.Fatalf("claimed %+v, %v", claimed, err)
		}
		if got := f.ask(request); len(got.Leases) != 0 {
			f.Errorf("claimed %+v beside another process", got)
		}
		f.now = f.now.Add(time.Minute)
		if again := f.lease("a"); again.Claim != claimed.Leases[0].Claim+1 || again.Strike != 1 {
			f.Errorf("claimed %+v after %+v", again, claimed.Leases[0])
		}
		recorded, err := other.Record(f.Context(), []news.Result{f.result(claimed.Leases[0])}, f.none)
		if err != nil || !recorded[0].Stale {
			f.Errorf("recorded %+v, %v after another claim", recorded, err)
		}
	}},
}

// leasedAsStored leases a source, checks what the lease carries, and gives a
// result under it.
func (f *fixture) leasedAsStored(name string) news.Result {
	f.Helper()
	want := f.state(name)
	lease := f.lease(name)
	if !reflect.DeepEqual(lease.Source, want) || lease.Strike != 0 {
		f.Fatalf("the lease %+v carries another state than is stored, %+v", lease, want)
	}
	return f.result(lease)
}
