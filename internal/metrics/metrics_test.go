package metrics_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"tributary/internal/metrics"
	"tributary/internal/news"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func scrape(m *metrics.Metrics) string {
	recorder := httptest.NewRecorder()
	m.Handler().ServeHTTP(recorder, httptest.NewRequest("GET", "/metrics", nil))
	return recorder.Body.String()
}

func options() metrics.Options {
	return metrics.Options{
		Version: "1.2.3",
		Sources: func(context.Context) ([]news.SourceState, error) {
			return []news.SourceState{
				{Health: news.HealthOK, Due: now.Add(time.Hour)}, {Health: news.HealthOK, Due: now.Add(-2 * time.Hour)},
				{Health: news.HealthGone, Due: now.AddDate(100, 0, 0)}, {Health: news.HealthNew},
			}, nil
		},
		Renditions: func() map[string]int { return map[string]int{"feed": 3} },
		Troubles:   func() int { return 1 },
		Followers:  func() int64 { return 7 },
		StoreBytes: func() int64 { return 4096 },
		Now:        func() time.Time { return now },
		Log:        slog.New(slog.DiscardHandler),
	}
}

// used gives metrics of which each was counted.
func used() *metrics.Metrics {
	m := metrics.New(options())
	m.Visited(news.Visit{Outcome: news.OutcomeChanged, Duration: time.Second, Bytes: 1000, New: 2, Changed: 1})
	m.Visited(news.Visit{Outcome: news.OutcomeFailed, Cause: news.CauseDNS})
	m.Published(20*time.Millisecond, nil)
	m.Published(20*time.Millisecond, errors.New("disk"))
	m.Requested("/NAME.rss", 304, time.Millisecond)
	m.Requested("/NAME/events", 200, metrics.Stream)
	m.Requested("/NAME", 500, time.Millisecond)
	m.Requested("other", 0, time.Millisecond)
	m.ConfigRead(false)
	return m
}

func TestFigures(t *testing.T) {
	t.Parallel()
	got := scrape(used())
	for _, want := range []string{
		`tributary_build_info{go="go`, `tributary_visits_total{cause="",outcome="changed"} 1`,
		`tributary_visits_total{cause="dns",outcome="failed"} 1`, `tributary_visit_duration_seconds_bucket{outcome="changed",le="1"} 1`,
		`tributary_visit_bytes_total 1000`, `tributary_stories_total{change="new"} 2`, `tributary_stories_total{change="changed"} 1`,
		`tributary_sources{health="ok"} 1`, `tributary_sources{health="late"} 1`, `tributary_sources{health="dead"} 0`,
		`tributary_due_lag_seconds 7200`, `tributary_publish_rounds_total{result="failed"} 1`, `tributary_publish_duration_seconds_count 2`,
		`tributary_renditions{kind="feed"} 3`, `tributary_publish_troubles 1`, `tributary_followers 7`, `tributary_database_bytes 4096`,
		`tributary_http_requests_total{class="3xx",route="/NAME.rss"} 1`, `tributary_http_requests_total{class="other",route="other"} 1`,
		`tributary_http_requests_total{class="2xx",route="/NAME/events"} 1`, `tributary_config_valid 0`, `go_goroutines `,
	} {
		if !strings.Contains(got, "\n"+want) {
			t.Errorf("there is no %s", want)
		}
	}
	if strings.Contains(got, `duration_seconds_count{route="/NAME/events"}`) {
		t.Error("a stream counts as a slow answer")
	}
}

// A store that can't be read leaves the rest.
func TestStoreFails(t *testing.T) {
	t.Parallel()
	o := options()
	o.Sources = func(context.Context) ([]news.SourceState, error) { return nil, errors.New("disk") }
	if got := scrape(metrics.New(o)); strings.Contains(got, "tributary_sources") || !strings.Contains(got, "tributary_followers 7") {
		t.Error(got)
	}
}

var metricName = regexp.MustCompile(`\b(?:tributary|go|process)_[a-z_]+`)

// Every metric that the dashboard and the alert rules name is there, with the
// labels that they ask for.
func TestDashboardAndAlerts(t *testing.T) {
	t.Parallel()
	got := scrape(used())
	expressions := append(dashboard(t), alerts(t)...)
	if len(expressions) < 25 {
		t.Fatalf("only %d expressions were found", len(expressions))
	}
	for _, expression := range expressions {
		for _, name := range metricName.FindAllString(expression, -1) {
			if !strings.Contains(got, "\n"+name+"{") && !strings.Contains(got, "\n"+name+" ") {
				t.Errorf("there is no %s, which %q asks for", name, expression)
			}
		}
		for _, match := range regexp.MustCompile(`(?:by \(|, )([a-z]+)[,)]|([a-z]+)=~?"`).FindAllStringSubmatch(expression, -1) {
			label := match[1] + match[2]
			if label != "job" && label != "instance" && !strings.Contains(got, label+`="`) {
				t.Errorf("there is no label %s, which %q asks for", label, expression)
			}
		}
		for _, match := range regexp.MustCompile(`([a-z]+)=~?"([a-z0-9|]+)"`).FindAllStringSubmatch(expression, -1) {
			for value := range strings.SplitSeq(match[2], "|") {
				if match[1] != "job" && !strings.Contains(got, match[1]+`="`+value+`"`) {
					t.Errorf("%s is never %s, which %q asks for", match[1], value, expression)
				}
			}
		}
	}
}

func dashboard(t *testing.T) (expressions []string) {
	t.Helper()
	var board struct {
		Panels []struct {
			ID      int
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(read(t, "grafana.json"), &board); err != nil {
		t.Fatal(err)
	}
	for _, panel := range board.Panels {
		for _, target := range panel.Targets {
			expressions = append(expressions, target.Expr)
		}
	}
	return expressions
}

func alerts(t *testing.T) (expressions []string) {
	t.Helper()
	var file struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr string
				Annotations map[string]string
			}
		}
	}
	if err := yaml.Unmarshal(read(t, "alerts.yml"), &file); err != nil {
		t.Fatal(err)
	}
	for _, group := range file.Groups {
		for _, rule := range group.Rules {
			if rule.Alert == "" || rule.Expr == "" || rule.Annotations["summary"] == "" {
				t.Errorf("incomplete rule %+v", rule)
			}
			expressions = append(expressions, rule.Expr)
		}
	}
	return expressions
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "docs", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}
