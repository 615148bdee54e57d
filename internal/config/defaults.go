package config

import (
	"time"

	"tributary/internal/news"
)

// defaults gives the config that an empty file means, but for the feeds, which
// default only when there is none.
func defaults() *Config {
	return &Config{
		site: news.Site{Title: "Tributary", Language: "en", Location: time.UTC},
		node: Node{
			Listen:   "localhost:8080",
			Admin:    "localhost:8081",
			Database: "data/tributary.db",
			Roles:    []Role{RolePull, RolePublish},
		},
		articles: "articles",
		fetch: Fetch{
			Concurrency: 64,
			Schedule:    "@every 30m",
			Settings: news.FetchSettings{
				Timeout:         30 * time.Second,
				HostConcurrency: 1,
				HostDelay:       2 * time.Second,
			},
		},
		redirects: map[string]string{},
	}
}

// defaultSource gives what a source is that says nothing but name and url.
func defaultSource(f Fetch) settings {
	return settings{Source: news.Source{
		Schedule: f.Schedule,
		Content:  news.ContentFull,
		Images:   news.ImagesKeep,
		Identity: news.IdentityID,
		Keep:     news.Keep{Age: 365 * day},
		Fetch:    f.Settings,
	}}
}

// defaultFeed gives what a feed is that says nothing but its name.
func defaultFeed() news.Feed {
	return news.Feed{Limit: 50, Local: true, MaxShare: 0.34, Content: news.ContentFull}
}
