package site

import (
	"bytes"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/tdewolff/minify/v2"
	"github.com/tdewolff/minify/v2/css"
	"github.com/tdewolff/minify/v2/js"

	"tributary/internal/news"
)

// EmbedMost is how many stories other sites can show of a feed: as many as
// fit in some 2 KB, which every visitor of theirs loads.
const EmbedMost = 10

// Heights in the page for frames, in CSS pixels; embed-frame.css and embed.css
// have them too.
const (
	frameHeading = 52
	frameRow     = 80
)

// FrameHeight is how high the page for frames is with so many rows, in CSS
// pixels.
func FrameHeight(rows int) int { return frameHeading + rows*frameRow }

// FrameRows is how many rows fit into a height in CSS pixels; at least one.
func FrameRows(height int) int {
	return max(1, min((height-frameHeading)/frameRow, EmbedMost))
}

// EmbedPage is what other sites show of a feed.
type EmbedPage struct{ Edition news.Edition }

// ChooserPage is the page on which a feed and its look are chosen for another
// site.
type ChooserPage struct {
	Site  news.Site
	Feeds []news.Feed // all of them, the first is the home page
}

type embedView struct {
	frame
	Feed    feed
	Name    string // of the feed
	Most    int
	Stories []story
}

type chooserView struct {
	frame
	Choices   []choice
	Site      string // URL of the site
	Script    string // its path under the name that is never used for other bytes
	Integrity string // of the script (SRI §3.5)
	Most      int
}

// choice is a feed that can be chosen.
type choice struct{ Name, Title, URL string }

// Embed makes the page served at /NAME/embed, for frames of other sites: the
// newest stories, at most EmbedMost of them, without anything of the site
// around them. It works without script; with it, it takes its look from its
// query and tells its height to the page around it. See docs/embedders.md.
func (s *Site) Embed(p EmbedPage) ([]byte, error) { return s.alone("embed.html", p) }

// Fragment makes what is served at /NAME/fragment.html: the list of the newest
// stories as a piece of HTML that other sites' servers put into their pages.
// All addresses in it are absolute, and all classes begin with la-.
func (s *Site) Fragment(p EmbedPage) ([]byte, error) { return s.alone("fragment.html", p) }

// alone makes what has none of the site's pages around it.
func (s *Site) alone(name string, p EmbedPage) ([]byte, error) {
	e := &p.Edition
	v := embedView{frame: newFrame(&e.Site, []news.Feed{e.Feed}, e.Feed.Name), Name: e.Feed.Name, Most: EmbedMost}
	v.Feed = v.feed(&e.Feed)
	v.Title = title(v.Feed.Title, e.Site.Title)
	v.Canonical = v.absolute("/" + e.Feed.Name)
	v.Stories = v.stories(e.Items[:min(len(e.Items), EmbedMost)], e.Site.Location)
	for i := range v.Stories {
		v.Stories[i].URL = v.abroad(v.Stories[i].URL)
		if e.Items[i].From.Local { // the site itself, as in embed.json
			v.Stories[i].Source = ""
		}
	}
	var b bytes.Buffer
	if err := s.templates[name].ExecuteTemplate(&b, name, v); err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	return b.Bytes(), nil
}

// abroad gives an address as it is on other sites: what lies on ours is a path
// in the pages of ours.
func (f *frame) abroad(address string) string {
	if rest, ok := strings.CutPrefix(address, f.Base+"/"); ok && strings.HasPrefix(address, "/") {
		return f.absolute("/" + rest)
	}
	return address
}

// Chooser makes the page served at /embed.
func (s *Site) Chooser(p ChooserPage) ([]byte, error) {
	v := chooserView{frame: newFrame(&p.Site, p.Feeds, ""), Most: EmbedMost}
	v.Title = title("Show our latest articles on your site", p.Site.Title)
	v.Description = "Choose a feed and how it looks, and copy a few lines into your page."
	v.Canonical = v.absolute("/embed")
	v.Site = v.url
	for i := range p.Feeds {
		f := &p.Feeds[i]
		v.Choices = append(v.Choices, choice{f.Name, first(f.Title, f.Name), v.absolute("/" + f.Name)})
	}
	script := s.EmbedScript()
	v.Script, v.Integrity = script.Path, integrity(script.Body)
	return s.execute("chooser.html", v)
}

// EmbedScript is the script that defines the element <latest-articles>, with
// its style sheet in it and as small as it can be. It is one of Assets, and
// served at /embed.js too.
func (s *Site) EmbedScript() Asset { return s.script }

// integrity is what a page writes beside a script so that a browser runs no
// other one (SRI §3.5).
func integrity(script []byte) string {
	sum := sha512.Sum384(script)
	return "sha384-" + base64.StdEncoding.EncodeToString(sum[:])
}

const (
	embedScript = "static/embed.js"
	embedStyle  = "static/embed.css"
)

// buildEmbed puts the style sheet of the list into its script, and takes out
// of both what only people read.
func (f files) buildEmbed() error {
	m := minify.New()
	m.Add("text/css", &css.Minifier{})
	m.Add("text/javascript", &js.Minifier{})
	style, err := m.Bytes("text/css", f[embedStyle])
	if err != nil {
		return fmt.Errorf("%s: %w", embedStyle, err)
	}
	quoted, err := json.Marshal(string(style))
	if err != nil {
		return fmt.Errorf("%s: %w", embedStyle, err)
	}
	script := bytes.Replace(f[embedScript], []byte(`"embed.css"`), quoted, 1)
	if f[embedScript], err = m.Bytes("text/javascript", script); err != nil {
		return fmt.Errorf("%s: %w", embedScript, err)
	}
	return nil
}

// oembed is the address that tells consumers of oEmbed how to show a page of
// ours (oEmbed 1.0 §4, discovery).
func (f *frame) oembed(page string) string {
	return f.absolute("/oembed?url=" + url.QueryEscape(page))
}
