package storetest

import (
	"fmt"
	"reflect"
	"time"

	"tributary/internal/news"
)

var claimChecks = []check{
	{"the longest due comes first, up to the limit", func(f *fixture) {
		f.sync(source("c"))
		f.now = f.now.Add(time.Second)
		f.sync(source("c"), source("a"))
		f.now = f.now.Add(time.Second)
		f.sync(source("c"), source("a"), source("b"))
		first := f.ask(news.ClaimRequest{Limit: 2})
		if got := names(first.Leases); got != "c a " || !first.Next.Equal(f.now) || first.Waiting {
			f.Errorf("claimed %s, %+v", got, first)
		}
		if got := names(f.claim().Leases); got != "b " {
			f.Errorf("then claimed %s", got)
		}
	}},
	{"nothing is scheduled", func(f *fixture) {
		if got := f.claim(); len(got.Leases) != 0 || !got.Next.IsZero() || got.Waiting {
			f.Errorf("claimed %+v", got)
		}
	}},
	{"a limit of zero leases nothing", func(f *fixture) {
		f.sync(source("a"))
		if got := f.ask(news.ClaimRequest{}); len(got.Leases) != 0 || !got.Next.Equal(f.now) {
			f.Errorf("claimed %+v", got)
		}
	}},
	{"what is not due is told as next", func(f *fixture) {
		f.sync(source("a"))
		result := f.result(f.lease("a"))
		f.record(result, f.none)
		f.now = f.now.Add(time.Minute)
		if got := f.claim(); len(got.Leases) != 0 || !got.Next.Equal(result.Due) || got.Waiting {
			f.Errorf("claimed %+v, want next %v", got, result.Due)
		}
		early := f.ask(news.ClaimRequest{Limit: 1, DueBy: result.Due})
		if names(early.Leases) != "a " || !early.Leases[0].Source.Due.Equal(result.Due) {
			f.Errorf("claimed %+v with DueBy", early)
		}
	}},
	{"a due time of zero means never", func(f *fixture) {
		f.sync(source("a"))
		result := f.result(f.lease("a"))
		result.Due = time.Time{}
		f.record(result, f.none)
		f.now = f.now.AddDate(1, 0, 0)
		if got := f.claim(); len(got.Leases) != 0 || !got.Next.IsZero() || !f.state("a").Due.IsZero() {
			f.Errorf("claimed %+v", got)
		}
		f.lease("a") // due or not
	}},
	{"only the named ones, due or not", func(f *fixture) {
		f.sync(source("a"), source("b"), source("c"))
		f.record(f.result(f.lease("b")), f.none)
		f.now = f.now.Add(time.Minute)
		got := f.ask(news.ClaimRequest{Limit: 9, Only: []news.SourceKey{f.keys["b"], f.keys["c"], f.keys["b"], 999}})
		if names(got.Leases) != "c b " {
			f.Errorf("claimed %s", names(got.Leases))
		}
		if got := f.ask(news.ClaimRequest{Limit: 9, Only: []news.SourceKey{}}); len(got.Leases) != 0 {
			f.Errorf("claimed %s of an empty list", names(got.Leases))
		}
	}},
	{"a leased source is left alone until the lease ends", func(f *fixture) {
		f.sync(source("a", unpaced))
		first := f.lease("a")
		if first.Claim == 0 || first.Strike != 0 || !first.Until.Equal(f.now.Add(time.Minute)) {
			f.Errorf("lease %+v", first)
		}
		for _, only := range [][]news.SourceKey{nil, {f.keys["a"]}} {
			got := f.ask(news.ClaimRequest{Limit: 1, Only: only, DueBy: f.now.Add(time.Hour)})
			if len(got.Leases) != 0 || got.Waiting || !got.Next.Equal(first.Until) {
				f.Errorf("claimed %+v", got)
			}
		}
		f.now = first.Until
		again := f.claim().Leases
		if len(again) != 1 || again[0].Claim <= first.Claim || again[0].Strike != 1 {
			f.Errorf("redelivered %+v after %+v", again, first)
		}
	}},
	{"a result clears the strikes", func(f *fixture) {
		f.sync(source("a", unpaced))
		for strike := range 3 {
			if lease := f.lease("a"); lease.Strike != strike {
				f.Errorf("strike %d, want %d", lease.Strike, strike)
			}
			f.now = f.now.Add(time.Minute)
		}
		f.record(f.result(f.lease("a")), f.none)
		if lease := f.lease("a"); lease.Strike != 0 {
			f.Errorf("strike %d after a result", lease.Strike)
		}
	}},
	{"a suspect is noted as failing at the claim", func(f *fixture) {
		f.sync(source("a", unpaced))
		f.record(f.result(f.lease("a")), f.none)
		for range 2 {
			f.lease("a")
			f.now = f.now.Add(time.Minute)
		}
		if state := f.state("a"); state.Health != news.HealthOK || state.Failures != 0 {
			f.Errorf("after two claims without a result: %+v", state)
		}
		suspicion := news.Suspicion{Claims: 3, Due: f.now.Add(24 * time.Hour), Detail: "it kills"}
		got := f.ask(news.ClaimRequest{Limit: 9, Suspicion: suspicion})
		state := f.state("a")
		if len(got.Leases) != 1 || !reflect.DeepEqual(got.Leases[0].Source, withDue(state, got.Leases[0].Source.Due)) {
			f.Fatalf("leased %+v, stored %+v", got.Leases, state)
		}
		if state.Health != news.HealthFailing || !state.Since.Equal(f.now) || !state.Due.Equal(suspicion.Due) ||
			state.Failures != 1 || state.Last.Detail != "it kills" || state.Last.Cause != news.CauseInternal || !state.Last.Failed() {
			f.Errorf("stored %+v", state)
		}
		f.now = f.now.Add(time.Minute)
		if again := f.ask(news.ClaimRequest{Limit: 9, Suspicion: suspicion}); len(again.Leases) != 0 || !again.Next.Equal(suspicion.Due) {
			f.Errorf("claimed again %+v", again)
		}
		f.now = suspicion.Due
		suspicion.Due = f.now.Add(24 * time.Hour)
		got = f.ask(news.ClaimRequest{Limit: 9, Suspicion: suspicion})
		if len(got.Leases) != 1 || got.Leases[0].Strike != 3 {
			f.Fatalf("a day later %+v", got)
		}
		f.record(f.result(got.Leases[0]), f.none)
		if state := f.state("a"); state.Health != news.HealthOK || state.Failures != 0 || f.lease("a").Strike != 0 {
			f.Errorf("after a result %+v", state)
		}
	}},
	{"suspects are leased one at a time", func(f *fixture) {
		f.sync(source("a", unpaced), source("b", unpaced), source("c", unpaced))
		f.record(f.result(f.lease("c")), f.none)
		for range 2 {
			f.lease("a")
			f.lease("b")
			f.now = f.now.Add(time.Minute)
		}
		f.now = f.now.Add(time.Hour)
		suspicion := news.Suspicion{Claims: 3, Due: f.now.Add(24 * time.Hour), Detail: "it kills"}
		ask := func() news.Claimed { return f.ask(news.ClaimRequest{Limit: 9, Suspicion: suspicion}) }
		first := ask()
		if names(first.Leases) != "a c " || !first.Waiting {
			f.Fatalf("claimed %s, %+v", names(first.Leases), first)
		}
		if got := ask(); len(got.Leases) != 0 || !got.Waiting || !got.Next.Equal(first.Leases[0].Until) {
			f.Errorf("beside a suspect: %+v", got)
		}
		f.record(f.result(first.Leases[0]), f.none)
		if got := ask(); names(got.Leases) != "b " || got.Waiting {
			f.Errorf("after it: %+v", got)
		}
	}},
	{"a lease carries the state", func(f *fixture) {
		f.sync(source("a"))
		result := f.result(f.lease("a"))
		result.Validators = &news.Validators{
			URL: "https://a.example/feed", ETag: "W/\"\xff\x00é\"", LastModified: "yesterday", BodyHash: 1<<64 - 1,
		}
		result.Visit.Bytes, result.Failures = 77, 3
		f.record(result, f.none)
		f.now = result.Due
		want := f.state("a")
		leases := f.claim().Leases
		if len(leases) != 1 || !reflect.DeepEqual(leases[0].Source, want) {
			f.Fatalf("leases %+v, want state %+v", leases, want)
		}
		got := leases[0].Source
		if got.Validators != *result.Validators || got.Last != result.Visit || got.Failures != 3 || !got.Due.Equal(result.Due) {
			f.Errorf("state %+v", got)
		}
	}},
}

// withDue is a state with another due time: that of a lease is the one before
// the claim.
func withDue(state news.SourceState, due time.Time) news.SourceState {
	state.Due = due
	return state
}

var hostChecks = []check{
	{"one source a host at once, then a pause", func(f *fixture) {
		host := at("https://Shared.example:8443/")
		f.sync(source("a", host), source("b", at("https://shared.example/b")), source("c"))
		first := f.claim()
		if names(first.Leases) != "a c " || !first.Waiting || !first.Next.Equal(f.now.Add(time.Minute)) || !first.Free.Equal(first.Next) {
			f.Errorf("claimed %s, %+v", names(first.Leases), first)
		}
		f.record(f.result(first.Leases[0]), f.none)
		free := f.now.Add(120*time.Millisecond + 2*time.Second)
		got := f.ask(news.ClaimRequest{Limit: 9, Now: free.Add(-time.Millisecond)})
		if len(got.Leases) != 0 || !got.Waiting || !got.Next.Equal(free) || !got.Free.Equal(free) {
			f.Errorf("in the pause: %+v, want next %v", got, free)
		}
		if got := f.ask(news.ClaimRequest{Limit: 9, Now: free}); names(got.Leases) != "b " || got.Waiting {
			f.Errorf("after the pause: %+v", got)
		}
	}},
	{"as many slots as the largest concurrency", func(f *fixture) {
		host := func(n int) func(*news.Source) {
			return func(s *news.Source) {
				s.URL = "https://shared.example/" + s.Name
				s.Fetch.HostConcurrency = n
			}
		}
		f.sync(source("a", host(1)), source("b", host(3)), source("c", host(1)), source("d", host(0)), source("e", host(1)))
		first := f.claim()
		if names(first.Leases) != "a b c " || !first.Waiting {
			f.Fatalf("claimed %s", names(first.Leases))
		}
		f.now = f.now.Add(10 * time.Second)
		f.record(f.result(first.Leases[1]), f.none)
		f.now = f.now.Add(3 * time.Second)
		if got := f.claim(); names(got.Leases) != "d " || !got.Waiting {
			f.Errorf("claimed %s with one slot free", names(got.Leases))
		}
	}},
	{"a slot comes back with the lease of a process that died", func(f *fixture) {
		f.sync(source("a", at("https://shared.example/a")), source("b", at("https://shared.example/b")))
		lease := f.claim().Leases[0]
		f.now = lease.Until
		// b has been due for longer than a, whose lease ended just now.
		if got := names(f.claim().Leases); got != "b " {
			f.Errorf("claimed %q", got)
		}
		if recorded := f.record(f.result(lease), f.none); recorded.Stale {
			f.Error("nobody else has the source: its late result counts")
		}
		if got := f.claim(); len(got.Leases) != 0 || !got.Next.Equal(f.now.Add(time.Minute)) {
			f.Errorf("the late result of a freed the slot of b: %+v", got)
		}
	}},
	{"a host that a visited source moves away from keeps its pause", func(f *fixture) {
		f.sync(source("a", at("https://old.example/a")), source("b", at("https://old.example/b")))
		lease := f.lease("a")
		f.sync(source("a", at("https://new.example/a")), source("b", at("https://old.example/b")))
		if got := f.claim(); len(got.Leases) != 0 || !got.Waiting {
			f.Errorf("claimed %s beside the visit to the old address", names(got.Leases))
		}
		result := f.result(lease)
		result.HostFree = f.now.Add(time.Hour)
		f.record(result, f.none)
		f.now = f.now.Add(40 * time.Minute)
		if got := f.claim(); names(got.Leases) != "a " || !got.Waiting {
			f.Errorf("claimed %s: the old host asked to wait", names(got.Leases))
		}
	}},
	{"a host begins to be shared while it is held, and is shared no more", func(f *fixture) {
		a, b := source("a", at("https://x.example/a")), source("b", at("https://x.example/b"))
		f.sync(a)
		lease := f.lease("a")
		f.sync(a, b, source("c"))
		if got := f.claim(); names(got.Leases) != "c " || !got.Waiting || !got.Next.Equal(lease.Until) {
			f.Errorf("claimed %s beside a visit of before, %+v", names(got.Leases), got)
		}
		f.record(f.result(lease), f.none)
		f.now = f.now.Add(time.Hour)
		lease = f.lease("b")
		moved := source("b", at("https://y.example/b"))
		f.sync(a, moved)
		if got := f.claim(); len(got.Leases) != 0 || !got.Waiting || !got.Free.Equal(lease.Until) {
			f.Errorf("claimed %s while a visit holds the host that the source has left, %+v", names(got.Leases), got)
		}
		f.record(f.result(lease), f.none)
		f.now = f.now.Add(time.Hour)
		if got := f.claim(); names(got.Leases) != "a b " || got.Waiting {
			f.Errorf("claimed %s where each has a host of its own", names(got.Leases))
		}
	}},
	{"a source that is removed keeps its host's slot until the lease ends", func(f *fixture) {
		b := source("b", at("https://shared.example/b"))
		f.sync(source("a", at("https://shared.example/a")), b)
		lease := f.claim().Leases[0]
		f.sync(b)
		if got := f.claim(); len(got.Leases) != 0 || !got.Waiting || !got.Next.Equal(lease.Until) {
			f.Errorf("claimed %+v", got)
		}
		f.now = lease.Until
		if got := names(f.claim().Leases); got != "b " {
			f.Errorf("claimed %s", got)
		}
	}},
	{"unpaced and file sources need no slot", func(f *fixture) {
		near := at("http://10.0.0.1/feed")
		f.sync(source("a", near, unpaced), source("b", near, unpaced), source("c", at("file:/x")), source("d", at("file:/y")))
		if got := f.claim(); names(got.Leases) != "a b c d " || got.Waiting {
			f.Errorf("claimed %+v", got)
		}
	}},
	{"a host that asked to wait is left alone", func(f *fixture) {
		f.sync(source("a", at("https://shared.example/a"), concurrency(4)), source("b", at("https://shared.example/b")))
		result := f.result(f.lease("a"))
		result.HostFree = f.now.Add(time.Hour)
		f.record(result, f.none)
		f.now = f.now.Add(59 * time.Minute)
		if got := f.claim(); len(got.Leases) != 0 || !got.Waiting || !got.Next.Equal(result.HostFree) || !got.Free.Equal(result.HostFree) {
			f.Errorf("claimed %+v", got)
		}
		if got := f.ask(news.ClaimRequest{Limit: 1, Only: []news.SourceKey{f.keys["b"]}}); len(got.Leases) != 0 || !got.Waiting {
			f.Errorf("claimed %+v by name", got)
		}
		f.now = result.HostFree
		if got := names(f.claim().Leases); got != "b a " {
			f.Errorf("claimed %q", got)
		}
	}},
	{"many sources of busy hosts hold up no other", func(f *fixture) {
		var sources []news.Source
		for i := range 300 {
			host := fmt.Sprintf("https://busy%d.example/", i%7)
			sources = append(sources, source(fmt.Sprintf("s%03d", i), at(host+fmt.Sprint(i))))
		}
		f.sync(sources...)
		f.now = f.now.Add(time.Second)
		f.sync(append(sources, source("free1"), source("free2"))...)
		first := f.ask(news.ClaimRequest{Limit: 9})
		if got := names(first.Leases); got != "s000 s001 s002 s003 s004 s005 s006 free1 free2 " || !first.Waiting {
			f.Errorf("claimed %s", got)
		}
		if got := f.claim(); len(got.Leases) != 0 || !got.Waiting || !got.Next.Equal(first.Leases[0].Until) {
			f.Errorf("then claimed %+v", got)
		}
	}},
	{"one busy host holds up no other", func(f *fixture) {
		var sources []news.Source
		for _, name := range []string{"a", "b", "c", "d", "e"} {
			sources = append(sources, source(name, at("https://busy.example/"+name)))
		}
		f.sync(append(sources, source("f"), source("g"))...)
		if got := names(f.ask(news.ClaimRequest{Limit: 3}).Leases); got != "a f g " {
			f.Errorf("claimed %s", got)
		}
	}},
}
