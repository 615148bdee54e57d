package aggregator

import (
	"fmt"
	"sync/atomic"
	"time"

	"tributary/aggregator/schedule"
	"tributary/internal/news"
)

// leaseSlack is the default of Options.LeaseSlack.
const leaseSlack = 30 * time.Second

// plan is checked settings, ready for look-ups. It is immutable but for
// articlesDue.
type plan struct {
	Settings
	sources map[string]*planned
	keys    map[string]news.SourceKey
	byKey   map[news.SourceKey]*planned
	longest time.Duration // visit of any source
	lease   time.Duration
	// patience is how long a host may be busy by our own doing.
	patience time.Duration
	// articlesDue is set when the articles changed on disk.
	articlesDue atomic.Bool
}

// planned is a source of the settings with its parsed schedule. Neither is
// copied: there are tens of thousands of sources, and few schedules.
type planned struct {
	*news.Source
	schedule schedule.Schedule // zero for the articles
}

func newPlan(settings Settings, slack time.Duration) (*plan, error) {
	p := &plan{Settings: settings, sources: make(map[string]*planned, len(settings.Sources)+1)}
	p.Concurrency = max(p.Concurrency, 1)
	parsed := schedules{}
	for i := range settings.Sources {
		source := &settings.Sources[i]
		when, err := parsed.parse(source.Schedule)
		if err != nil {
			return nil, fmt.Errorf("source %q: %w", source.Name, err)
		}
		p.sources[source.Name] = &planned{source, when}
		p.longest = max(p.longest, source.Fetch.Timeout)
		p.patience = max(p.patience, source.Fetch.HostDelay)
	}
	p.lease = p.longest + slack
	p.patience += p.lease + p.longest // a lease ahead lasts longer
	if settings.Articles != nil {
		local := articlesSource()
		p.sources[news.ArticlesName] = &planned{Source: &local}
	}
	return p, nil
}

// schedules are those that were parsed, by what was written.
type schedules map[string]schedule.Schedule

func (s schedules) parse(spec string) (schedule.Schedule, error) {
	if known, ok := s[spec]; ok {
		return known, nil
	}
	parsed, err := schedule.Parse(spec)
	if err == nil {
		s[spec] = parsed
	}
	return parsed, err
}

// articlesSource stands for the local articles.
func articlesSource() news.Source {
	return news.Source{
		Name: news.ArticlesName, Content: news.ContentFull, Images: news.ImagesKeep,
		Identity: news.IdentityID, Mirror: true,
		Fetch: news.FetchSettings{HostConcurrency: 1, Unpaced: true},
	}
}

// configured gives all sources of the plan, the articles included.
func (p *plan) configured() []news.Source {
	all := make([]news.Source, 0, len(p.Settings.Sources)+1)
	all = append(all, p.Settings.Sources...)
	if p.Articles != nil {
		all = append(all, articlesSource())
	}
	return all
}

// setKeys notes under which keys the store has the sources.
func (p *plan) setKeys(keys map[string]news.SourceKey) {
	p.keys = keys
	p.byKey = make(map[news.SourceKey]*planned, len(keys))
	for name, key := range keys {
		if source := p.sources[name]; source != nil {
			p.byKey[key] = source
		}
	}
}

// AllSources gives the sources of settings with the one that stands for the
// local articles.
func AllSources(settings Settings) []news.Source {
	return (&plan{Settings: settings}).configured()
}
