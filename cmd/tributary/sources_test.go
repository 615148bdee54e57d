package main

import (
	"testing"

	"tributary/internal/news"
)

func TestDetail(t *testing.T) {
	t.Parallel()
	failed := news.Visit{Detail: "status 500"}
	for _, row := range []struct {
		state  news.SourceState
		want   string
		reason string
	}{
		{news.SourceState{Health: news.HealthOK}, "", "nothing to tell"},
		{news.SourceState{Health: news.HealthFailing, Last: failed, Warnings: []string{"a"}}, "status 500", "a failure goes first"},
		{news.SourceState{Health: news.HealthOK, Warnings: []string{"a"}}, "warning: a", "works, but"},
		{news.SourceState{Health: news.HealthOK, Warnings: []string{"a", "b", "c"}}, "warning: a (2 more: --json)", "one line a source"},
		{news.SourceState{Health: news.HealthMoved, MovedTo: "https://n.example/", Warnings: []string{"a"}},
			"permanently at https://n.example/; --accept-moves takes that over", "there is something to do"},
	} {
		if got := detail(&row.state); got != row.want {
			t.Errorf("%s: %q, want %q", row.reason, got, row.want)
		}
	}
}
