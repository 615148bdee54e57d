package main

import (
	"testing"
	"time"

	"tributary/internal/health"
	"tributary/internal/news"
)

func TestDetail(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	failed := news.Visit{At: now, Outcome: news.OutcomeFailed, Cause: news.CauseStatus, Status: 500, Detail: "status 500"}
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
			"it is permanently at https://n.example/", "there is something to do"},
	} {
		report := health.Of(&row.state, now)
		if got := detail(&report, &row.state, ""); got != row.want {
			t.Errorf("%s: %q, want %q", row.reason, got, row.want)
		}
	}
}
