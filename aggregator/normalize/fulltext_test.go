package normalize_test

import (
	"strings"
	"testing"

	"tributary/aggregator/normalize"
	"tributary/internal/news"
)

func TestFullText(t *testing.T) {
	t.Parallel()
	const page = "https://e.example/2026/story"
	long := "<p>" + strings.Repeat("word ", 60) + `</p><script>alert(1)</script><p onclick="x()"><a href="../next">next</a><img src="/i.png" width="600" height="400"></p>`
	cases := []struct {
		reason  string
		source  news.Source
		story   news.Story
		html    string
		changed bool
		want    func(s *news.Story) bool
	}{
		{"the text of the page, safe and absolute", news.Source{}, news.Story{Summary: "<p>Short</p>", Words: 1, Excerpt: "Short"}, long, true, func(s *news.Story) bool {
			return strings.Contains(s.Content, `href="https://e.example/next"`) && !strings.Contains(s.Content, "alert") &&
				!strings.Contains(s.Content, "onclick") && s.Summary == "<p>Short</p>" && s.Excerpt == "Short" && s.Words == 61 &&
				s.Image == "https://e.example/i.png"
		}},
		{"a teaser in the content becomes the summary", news.Source{}, news.Story{Content: "<p>Tease</p>", Words: 1}, long, true, func(s *news.Story) bool {
			return s.Summary == "<p>Tease</p>" && s.Words == 61 && s.Excerpt != ""
		}},
		{"no pictures where none are wanted", news.Source{Images: news.ImagesStrip}, news.Story{}, long, true, func(s *news.Story) bool {
			return s.Image == "" && !strings.Contains(s.Content, "<img")
		}},
		{"no more words than the feed's is no better text", news.Source{}, news.Story{Content: "<p>" + long + "</p>", Words: 61}, long, false, nil},
		{"nothing that is safe is no text", news.Source{}, news.Story{}, "<script>x</script>", false, nil},
		{"a summary made of it where the feed has none", news.Source{Content: news.ContentSummary}, news.Story{}, long, true, func(s *news.Story) bool {
			return s.Content == "" && strings.HasPrefix(s.Summary, "<p>word word") && len(s.Summary) < 300
		}},
		{"the feed's own summary stays", news.Source{Content: news.ContentSummary}, news.Story{Summary: "<p>Own</p>", Words: 1}, long, false, nil},
		{"a title needs no text", news.Source{Content: news.ContentTitle}, news.Story{}, long, false, nil},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			t.Parallel()
			story := c.story
			story.Title, story.Hash = "T", 1
			before := story
			if changed := normalize.New().FullText(&story, &c.source, c.html, page); changed != c.changed {
				t.Fatalf("changed %v: %+v", changed, story)
			}
			switch {
			case !c.changed && (story.Content != before.Content || story.Summary != before.Summary || story.Hash != 1):
				t.Errorf("it was changed: %+v", story)
			case c.changed && (!c.want(&story) || story.Hash == 1):
				t.Errorf("got %+v", story)
			}
		})
	}
}

func TestFullTextIsLimited(t *testing.T) {
	t.Parallel()
	story := news.Story{}
	normalize.New().FullText(&story, &news.Source{}, "<p>"+strings.Repeat("word ", 300_000)+"</p>", "https://e.example/")
	if n := len(story.Content); n == 0 || n > 512<<10 {
		t.Errorf("%d bytes, want at most 512 KB", n)
	}
}
