package storetest

import (
	"fmt"
	"reflect"
	"time"

	"tributary/internal/news"
)

var recordChecks = []check{
	{"a visit without news", func(f *fixture) {
		f.sync(source("a"))
		result := f.result(f.lease("a"))
		if recorded := f.record(result, f.none); recorded.Stale || len(recorded.Feeds) != 0 {
			f.Errorf("recorded %+v", recorded)
		}
		state := f.state("a")
		if !state.Due.Equal(result.Due) || state.Health != news.HealthOK || !state.Since.Equal(f.now) ||
			!state.LastOK.Equal(f.now) || state.Loaded || state.Last != result.Visit {
			f.Errorf("state %+v", state)
		}
	}},
	{"a failure keeps what worked", func(f *fixture) {
		f.sync(source("a"))
		good := f.result(f.lease("a"))
		good.Validators = &news.Validators{URL: "u", ETag: "e"}
		f.record(good, f.none)
		worked := f.now
		var since time.Time
		for failures := 1; failures <= 2; failures++ {
			bad := f.result(f.lease2("a"))
			bad.Visit = news.Visit{At: f.now, Outcome: news.OutcomeFailed, Cause: news.CauseTLS, Detail: "certificate 💥 expired"}
			bad.Health, bad.Failures = news.HealthFailing, failures
			f.record(bad, f.none)
			if failures == 1 {
				since = f.now
			}
			state := f.state("a")
			if state.Failures != failures || !state.Since.Equal(since) || !state.LastOK.Equal(worked) ||
				state.Validators.ETag != "e" || state.Last != bad.Visit {
				f.Errorf("state %+v, since %v", state, since)
			}
		}
	}},
	{"a stale claim stores nothing", func(f *fixture) {
		f.sync(source("a", unpaced))
		old := f.lease("a")
		f.now = old.Until
		fresh := f.lease("a")
		before := f.state("a")
		late := f.changed(old, news.Batch{})
		late.Validators, late.HostFree = &news.Validators{ETag: "late"}, f.now.Add(time.Hour)
		recorded, err := f.Record(f.Context(), []news.Result{late, f.result(fresh)}, f.none)
		f.must(err)
		if !recorded[0].Stale || recorded[1].Stale {
			f.Errorf("recorded %+v", recorded)
		}
		if state := f.state("a"); state.Validators != before.Validators || state.Last.Status != 304 {
			f.Errorf("state %+v", state)
		}
	}},
	{"a result counts once", func(f *fixture) {
		f.sync(source("a"))
		result := f.result(f.lease("a"))
		recorded, err := f.Record(f.Context(), []news.Result{result, result}, f.none)
		f.must(err)
		if recorded[0].Stale || !recorded[1].Stale {
			f.Errorf("recorded %+v", recorded)
		}
		if again := f.record(result, f.none); !again.Stale {
			f.Error("it was stored twice")
		}
	}},
	{"two claims in one millisecond differ", func(f *fixture) {
		f.sync(source("a", unpaced))
		first := f.ask(news.ClaimRequest{Limit: 1, Lease: time.Nanosecond}).Leases[0]
		second := f.ask(news.ClaimRequest{Limit: 1, Lease: time.Nanosecond}).Leases
		if len(second) != 1 || second[0].Claim == first.Claim {
			f.Fatalf("claims %+v and %+v", first, second)
		}
		if recorded := f.record(f.result(first), f.none); !recorded.Stale {
			f.Error("the first claim still holds")
		}
	}},
	{"all or nothing", func(f *fixture) {
		f.sync(source("a"), source("b"))
		leases := f.claim().Leases
		same := func(known *news.Known, _ *news.Result) news.Changes {
			clash := story("one", 1) // with the same public id in both
			return news.Changes{Insert: []news.Story{clash}}
		}
		results := []news.Result{f.changed(leases[0], news.Batch{}), f.changed(leases[1], news.Batch{})}
		if recorded, err := f.Record(f.Context(), results, same); err == nil {
			f.Fatalf("recorded %+v with one public id for two stories", recorded)
		}
		if len(f.stories()) != 0 || f.state("a").Loaded {
			f.Error("a part was stored")
		}
		if recorded := f.record(results[0], same); recorded.Stale || recorded.New != 1 {
			f.Errorf("the claim did not survive the error: %+v", recorded)
		}
	}},
	{"a panic in decide leaves the store usable", func(f *fixture) {
		f.sync(source("a"))
		result := f.changed(f.lease("a"), news.Batch{})
		func() {
			defer func() { recover() }()
			f.Record(f.Context(), []news.Result{result}, func(*news.Known, *news.Result) news.Changes { panic("bad rule") })
		}()
		if recorded := f.record(result, to(news.Changes{})); recorded.Stale {
			f.Error("the claim is gone")
		}
	}},
	{"permanent moves are counted", func(f *fixture) {
		f.sync(source("a"))
		var since time.Time
		steps := []struct {
			to   string
			fail bool
			seen int
		}{{"u1", false, 1}, {"u1", false, 2}, {"", true, 2}, {"u2", false, 1}, {"u2", false, 2}, {"", false, 0}}
		for i, step := range steps {
			result := f.result(f.lease2("a"))
			result.MovedTo = step.to
			if step.fail {
				result.Visit.Outcome = news.OutcomeFailed
			}
			f.record(result, f.none)
			if step.seen == 1 {
				since = f.now
			}
			if step.seen == 0 {
				since = time.Time{}
			}
			state := f.state("a")
			if state.MovedSeen != step.seen || !step.fail && state.MovedTo != step.to || !state.MovedSince.Equal(since) {
				f.Errorf("step %d: %q seen %d since %v", i, state.MovedTo, state.MovedSeen, state.MovedSince)
			}
		}
	}},
	{"what the document asks for", func(f *fixture) {
		f.sync(source("a"))
		asks := news.Refresh{Interval: 90 * time.Minute, SkipHours: []int{0, 7, 23}, SkipDays: []time.Weekday{time.Sunday, time.Saturday}}
		steps := []struct {
			reason  string
			refresh *news.Refresh
			gap     time.Duration
			want    news.Refresh
			wantGap time.Duration
		}{
			{"nothing yet", nil, 0, news.Refresh{}, 0},
			{"both", &asks, time.Hour, asks, time.Hour},
			{"nothing new", nil, 0, asks, time.Hour},
			{"another gap", nil, 2 * time.Hour, asks, 2 * time.Hour},
			{"one thing less", &news.Refresh{SkipHours: []int{5}}, 0, news.Refresh{SkipHours: []int{5}}, 2 * time.Hour},
			{"no wishes any more", &news.Refresh{}, 0, news.Refresh{}, 2 * time.Hour},
		}
		for _, step := range steps {
			result := f.result(f.lease2("a"))
			result.Refresh, result.Gap = step.refresh, step.gap
			f.record(result, f.none)
			state := f.state("a")
			if !reflect.DeepEqual(state.Refresh, step.want) || state.Gap != step.wantGap {
				f.Errorf("%s: %+v and %v", step.reason, state.Refresh, state.Gap)
			}
			if lease := f.lease2("a"); !reflect.DeepEqual(lease.Source.Refresh, step.want) || lease.Source.Gap != step.wantGap {
				f.Errorf("%s: the lease has %+v", step.reason, lease.Source)
			}
		}
	}},
	{"the last fifty visits", func(f *fixture) {
		f.sync(source("a"), source("b"))
		f.record(f.result(f.lease("b")), f.none)
		for i := range 53 {
			result := f.result(f.lease2("a"))
			result.Visit.Status = i
			f.record(result, f.none)
			visits, err := f.Visits(f.Context(), f.keys["a"])
			f.must(err)
			if len(visits) != min(i+1, 50) {
				f.Fatalf("%d visits after %d", len(visits), i+1)
			}
			for back, visit := range visits {
				if visit.Status != i-back {
					f.Fatalf("visit %d from the end is %+v", back, visit)
				}
			}
		}
		if visits, err := f.Visits(f.Context(), f.keys["b"]); err != nil || len(visits) != 1 {
			f.Errorf("visits of b: %v, %v", visits, err)
		}
	}},
	{"the visits of sources that failed", func(f *fixture) {
		f.sync(source("a"), source("b"), source("c"))
		f.record(f.result(f.lease("b")), f.none)
		for i := range 53 {
			result := f.result(f.lease2("a"))
			result.Visit.Status = i
			if i == 2 || i == 3 {
				result.Visit.Outcome, result.Visit.Cause, result.Visit.Detail = news.OutcomeFailed, news.CauseStatus, "words"
			}
			f.record(result, f.none)
			failures, err := f.Failures(f.Context())
			f.must(err)
			want := map[news.SourceKey][]news.Visit{}
			if i >= 2 { // the fourth is the 50th from the end at last
				visits, err := f.Visits(f.Context(), f.keys["a"])
				f.must(err)
				want[f.keys["a"]] = visits
			}
			if !reflect.DeepEqual(failures, want) {
				f.Fatalf("after %d visits: %+v, want %+v", i+1, failures, want)
			}
		}
		f.record(f.result(f.lease2("a")), f.none)
		if failures, err := f.Failures(f.Context()); err != nil || len(failures) != 0 {
			f.Errorf("failures that are older than the last fifty visits: %+v, %v", failures, err)
		}
		result := f.result(f.lease2("a"))
		result.Visit.Outcome, result.Visit.Cause = news.OutcomeFailed, news.CauseDNS
		f.record(result, f.none)
		f.sync(source("b"), source("c"))
		if failures, err := f.Failures(f.Context()); err != nil || len(failures) != 0 {
			f.Errorf("failures of a source that is configured no more: %+v, %v", failures, err)
		}
	}},
	{"a batch and its numbers", func(f *fixture) {
		f.sync(source("a"))
		keys := f.insert("a", story("one", 1), story("two", 2))
		update := story("one", 1)
		update.Key, update.Title, update.PublicID = keys[0], "New title", "urn:test:one"
		third := story("three", 3)
		recorded := f.loadBatch("a", news.Batch{}, news.Changes{
			Insert: []news.Story{third}, Update: []news.Story{update}, Untrusted: true,
			Decisions: []news.Decision{{ID: "three", Story: -1, Action: news.ActionInsert, Reason: "new"}},
		})
		if recorded.New != 1 || recorded.Changed != 1 || len(recorded.Reasons) != 1 || recorded.Reasons[0].Reason != "new" {
			f.Errorf("recorded %+v", recorded)
		}
		state := f.state("a")
		if state.Stories != 3 || !state.Loaded || !state.Untrusted ||
			state.Last.New != 1 || state.Last.Changed != 1 {
			f.Errorf("state %+v", state)
		}
		f.load("a", news.Changes{Remove: []news.StoryKey{keys[1]}})
		if state := f.state("a"); state.Stories != 2 || !state.Untrusted {
			f.Errorf("state %+v", state)
		}
	}},
	{"many results in one call", func(f *fixture) {
		var sources []news.Source
		for i := range 300 {
			sources = append(sources, source(fmt.Sprintf("s%03d", i)))
		}
		f.sync(sources...)
		leases := f.ask(news.ClaimRequest{Limit: 1000}).Leases
		if len(leases) != 300 {
			f.Fatalf("%d leases", len(leases))
		}
		var results []news.Result
		for _, lease := range leases {
			results = append(results, f.result(lease))
		}
		recorded, err := f.Record(f.Context(), results, f.none)
		f.must(err)
		for i := range recorded {
			if recorded[i].Stale {
				f.Fatalf("result %d is stale", i)
			}
		}
		if got := f.claim(); len(got.Leases) != 0 || !got.Next.Equal(results[0].Due) {
			f.Errorf("claimed %+v", got)
		}
	}},
}
