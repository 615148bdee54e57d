// Package metrics counts what the program does, for Prometheus. It is the only
// package that imports client_golang.
//
// Every label has a small bounded set of values, whatever upstreams and
// visitors send: causes, outcomes, healths, kinds of renditions, route
// templates and classes of status. Nothing is labelled with the name of a
// source: per-source figures stand on the admin page. Start at [New].
package metrics

import (
	"context"
	"log/slog"
	"net/http"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"tributary/internal/news"
)

// Options are where figures come from that are read when they are asked for.
// Those that are nil are left out.
type Options struct {
	Version string
	// Sources gives the state of every source.
	Sources func(ctx context.Context) ([]news.SourceState, error)
	// Renditions counts what is published, by kind.
	Renditions func() map[string]int
	Troubles   func() int   // what can't be published at present
	Followers  func() int64 // open streams of events
	StoreBytes func() int64 // size of the database on disk
	Now        func() time.Time
	Log        *slog.Logger // nil: slog.Default()
}

// Metrics are the program's figures. Its methods are safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	log      *slog.Logger

	visits        *prometheus.CounterVec
	visitDuration *prometheus.HistogramVec
	visitBytes    prometheus.Counter
	stories       *prometheus.CounterVec
	rounds        *prometheus.CounterVec
	roundDuration prometheus.Histogram
	requests      *prometheus.CounterVec
	requestTime   *prometheus.HistogramVec
	configValid   prometheus.Gauge
}

// New makes metrics in a registry of their own.
func New(o Options) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), log: o.Log}
	if m.log == nil {
		m.log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	m.counters()
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "tributary_build_info", Help: "What program this is; always 1.",
	}, []string{"version", "go"})
	build.WithLabelValues(o.Version, runtime.Version()).Set(1)
	m.registry.MustRegister(build, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		m.visits, m.visitDuration, m.visitBytes, m.stories, m.rounds, m.roundDuration, m.requests, m.requestTime, m.configValid,
		newStanding(o, m.log))
	m.configValid.Set(1)
	return m
}

// counters makes what is counted as it happens.
func (m *Metrics) counters() {
	counters := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	m.visits = counters("tributary_visits_total", "Visits of sources, by how they ended and why they failed.", "outcome", "cause")
	m.visitDuration = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "tributary_visit_duration_seconds", Help: "How long visits took.",
		Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60},
	}, []string{"outcome"})
	m.visitBytes = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "tributary_visit_bytes_total", Help: "Body bytes that visits brought, after decompression.",
	})
	m.stories = counters("tributary_stories_total", "Stories that visits brought: new ones, and ones that had changed.", "change")
	m.rounds = counters("tributary_publish_rounds_total", "Rounds of publishing.", "result")
	m.roundDuration = prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "tributary_publish_duration_seconds", Help: "How long rounds of publishing took.",
		Buckets: []float64{.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
	})
	m.requests = counters("tributary_http_requests_total", "Requests to the public listener.", "route", "class")
	m.requestTime = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "tributary_http_request_duration_seconds", Help: "How long answers took, streams of events aside.",
		Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .05, .1, .5, 1, 5},
	}, []string{"route"})
	m.configValid = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "tributary_config_valid", Help: "1 when the config as it was read last is in force, 0 when it was refused.",
	})
}

// Visited counts a visit that was stored.
func (m *Metrics) Visited(visit news.Visit) {
	m.visits.WithLabelValues(string(visit.Outcome), string(visit.Cause)).Inc()
	m.visitDuration.WithLabelValues(string(visit.Outcome)).Observe(visit.Duration.Seconds())
	m.visitBytes.Add(float64(max(0, visit.Bytes)))
	m.stories.WithLabelValues("new").Add(float64(visit.New))
	m.stories.WithLabelValues("changed").Add(float64(visit.Changed))
}

// Published counts a round of publishing.
func (m *Metrics) Published(took time.Duration, err error) {
	result := "done"
	if err != nil {
		result = "failed"
	}
	m.rounds.WithLabelValues(result).Inc()
	m.roundDuration.Observe(took.Seconds())
}

// Stream in place of a duration counts a request only: a stream lasts as long
// as its follower stays.
const Stream time.Duration = -1

// Requested counts a request by the template of its route, which must be of a
// bounded set.
func (m *Metrics) Requested(route string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, class(status)).Inc()
	if took >= 0 {
		m.requestTime.WithLabelValues(route).Observe(took.Seconds())
	}
}

// class is the class of a status (RFC 9110 §15).
func class(status int) string {
	if status < 100 || status > 599 {
		return "other"
	}
	return string(rune('0'+status/100)) + "xx"
}

// ConfigRead notes whether the config as it was read last was taken.
func (m *Metrics) ConfigRead(taken bool) {
	value := 0.0
	if taken {
		value = 1
	}
	m.configValid.Set(value)
}

// Handler answers with all figures in a format of Prometheus. What can't be
// read is left out and logged.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
}
