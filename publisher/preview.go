package publisher

import (
	"errors"

	"tributary/internal/news"
	"tributary/publisher/site"
)

// below is what a page of an article is made with.
type below struct {
	config Config
	latest news.Edition
}

// noteBelow tells Preview what the next page would be made with.
func (p *Publisher) noteBelow() { p.below.Store(&below{p.config, p.latest}) }

// Preview makes the page of an article that is not published, as it would be
// made now, and nothing else: no feed, list or later page has it.
func (p *Publisher) Preview(article news.Item, preview site.Preview) ([]byte, error) {
	with := p.below.Load()
	if with == nil || with.config.Pages == nil {
		return nil, errors.New("no page can be made before the first round of publishing")
	}
	return with.config.Pages.Article(site.ArticlePage{
		Article: article, Feeds: with.config.Feeds, Latest: with.latest, Preview: &preview,
	})
}

// Assets gives the files that pages load, as they are under the configuration in
// force.
func (p *Publisher) Assets() []site.Asset {
	with := p.below.Load()
	if with == nil || with.config.Pages == nil {
		return nil
	}
	return with.config.Pages.Assets()
}
