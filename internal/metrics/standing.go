package metrics

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tributary/internal/health"
	"tributary/internal/news"
)

// readTimeout bounds what is read from the store for one answer.
const readTimeout = 5 * time.Second

// standing gives the figures that are read when they are asked for.
type standing struct {
	options Options
	log     *slog.Logger

	sources, lag, renditions, troubles, followers, bytes *prometheus.Desc
}

func newStanding(o Options, log *slog.Logger) *standing {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, labels, nil)
	}
	return &standing{
		options: o, log: log,
		sources:    desc("tributary_sources", "Sources, by health.", "health"),
		lag:        desc("tributary_due_lag_seconds", "For how long the source that waits longest has been due; 0 when none waits."),
		renditions: desc("tributary_renditions", "Addresses that are served from memory, by kind.", "kind"),
		troubles:   desc("tributary_publish_troubles", "What can't be published at present."),
		followers:  desc("tributary_followers", "Open streams of events."),
		bytes:      desc("tributary_database_bytes", "Size of the database on disk, its log included."),
	}
}

// Describe tells what Collect may give.
func (s *standing) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{s.sources, s.lag, s.renditions, s.troubles, s.followers, s.bytes} {
		to <- d
	}
}

// Collect reads the figures.
func (s *standing) Collect(to chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	if s.options.Sources != nil {
		s.collectSources(gauge)
	}
	if s.options.Renditions != nil {
		for kind, n := range s.options.Renditions() {
			gauge(s.renditions, float64(n), kind)
		}
	}
	if s.options.Troubles != nil {
		gauge(s.troubles, float64(s.options.Troubles()))
	}
	if s.options.Followers != nil {
		gauge(s.followers, float64(s.options.Followers()))
	}
	if s.options.StoreBytes != nil {
		gauge(s.bytes, float64(s.options.StoreBytes()))
	}
}

func (s *standing) collectSources(gauge func(*prometheus.Desc, float64, ...string)) {
	ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
	defer cancel()
	states, err := s.options.Sources(ctx)
	if err != nil {
		s.log.Warn("the sources can't be counted for the metrics", "error", err)
		return
	}
	now := s.options.Now()
	counts := make(map[news.Health]int)
	var lag time.Duration
	for i := range states {
		counts[health.Of(&states[i], now).Health]++
		if due := states[i].Due; !due.IsZero() {
			lag = max(lag, now.Sub(due))
		}
	}
	for _, h := range health.All() { // those without a source too: an alert can't tell none from zero
		gauge(s.sources, float64(counts[h]), string(h))
	}
	gauge(s.lag, lag.Seconds())
}
