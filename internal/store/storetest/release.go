package storetest

import (
	"time"

	"tributary/internal/news"
)

var releaseChecks = []check{
	{"a lease that is given back is due when it was, without a strike", func(f *fixture) {
		f.sync(source("a", unpaced))
		due := f.now
		f.now = f.now.Add(time.Minute)
		first := f.lease("a")
		f.release(first)
		if state := f.state("a"); !state.Due.Equal(due) || state.Failures != 0 {
			f.Errorf("after the release: %+v, want it due at %v", state, due)
		}
		second := f.lease("a")
		if second.Claim <= first.Claim || second.Strike != 0 {
			f.Errorf("claimed %+v after %+v", second, first)
		}
		if got := f.record(f.result(first), f.none); !got.Stale {
			f.Errorf("the result of the lease that was given back: %+v", got)
		}
		if got := f.record(f.result(second), f.none); got.Stale {
			f.Error("the result of the next lease is stale")
		}
	}},
	{"a source that is never due is so again", func(f *fixture) {
		f.sync(source("a", unpaced))
		result := f.result(f.lease("a"))
		result.Due = time.Time{}
		f.record(result, f.none)
		f.release(f.lease("a"))
		if state := f.state("a"); !state.Due.IsZero() {
			f.Errorf("due at %v", state.Due)
		}
	}},
	{"a lease that is stale is left alone", func(f *fixture) {
		f.sync(source("a", unpaced), source("b", unpaced))
		recorded := f.lease("a")
		result := f.result(recorded)
		f.record(result, f.none)
		lost := f.lease("b")
		f.now = lost.Until
		taken := f.lease("b")
		f.release(recorded, lost)
		if state := f.state("a"); !state.Due.Equal(result.Due) {
			f.Errorf("a recorded source is due at %v, want %v", state.Due, result.Due)
		}
		if state := f.state("b"); !state.Due.Equal(taken.Until) {
			f.Errorf("a source that another has leased is due at %v, want %v", state.Due, taken.Until)
		}
	}},
	{"the host keeps its pause, and nothing else", func(f *fixture) {
		f.sync(source("a"), source("b", at("https://a.example/b")))
		lease := f.lease("a")
		f.now = f.now.Add(time.Second)
		f.release(lease)
		f.now = f.now.Add(source("a").Fetch.HostDelay - time.Millisecond)
		if got := f.claim(); len(got.Leases) != 0 || !got.Waiting {
			f.Errorf("in the pause of the host: claimed %+v", got)
		}
		f.now = f.now.Add(time.Millisecond)
		if got := f.claim(); len(got.Leases) != 1 {
			f.Errorf("after the pause of the host: claimed %+v", got)
		}
	}},
}

// release gives leases back now.
func (f *fixture) release(leases ...news.Lease) {
	f.Helper()
	f.must(f.Release(f.Context(), leases, f.now))
}
