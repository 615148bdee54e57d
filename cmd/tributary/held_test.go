package main

import (
	"strings"
	"testing"

	"tributary/internal/upstreamtest"
)

// TestHeldSourceIsTold kills a round while it waits for an upstream: the
// source that it holds can't be pulled for a while, which the next round and
// the next build have to say.
func TestHeldSourceIsTold(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	s := newTestSite(t, siteConfig+
		sourceConfig("slow", up.Feed("/slow", upstreamtest.RSS("Slow", upstreamtest.NewItem(1))))+
		sourceConfig("quick", up.Feed("/quick", upstreamtest.RSS("Quick", upstreamtest.NewItem(2)))))
	up.Script("/slow", upstreamtest.Stall(), upstreamtest.Serve)
	p := s.start(program, "refresh", "slow")
	p.awaitCount(t, up, "/slow", 1)
	p.Process.Kill()
	p.wait(t)

	out := s.run("refresh", "--all")
	for _, want := range []string{"slow    held", "due again at 20", "quick   changed", "1 visit, 1 new story, 0 failed, 1 held"} {
		if !strings.Contains(out, want) {
			t.Errorf("the next round doesn't say %q:\n%s", want, out)
		}
	}
	if out := s.run("refresh", "slow", "--json"); !strings.Contains(out, `"source":"slow","outcome":"held"`) {
		t.Errorf("the next round as JSON: %s", out)
	}
	// Once the killed visit's time is over, everything is as if nothing was.
	ahead := s.start(backdated, "-2m", "refresh", "slow")
	if code := ahead.wait(t); code != exitDone || !strings.Contains(ahead.out.String(), "slow    changed  1") {
		t.Errorf("later: exit code %d: %s%s", code, ahead.out, ahead.messages)
	}
}
