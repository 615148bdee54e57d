package render_test

import (
	"time"

	"tributary/internal/news"
)

// day gives a moment of January 2026.
func day(d, hour, minute, second int) time.Time {
	return time.Date(2026, time.January, d, hour, minute, second, 0, time.UTC)
}

func testSite() news.Site {
	return news.Site{
		Title:       "The Example Observer",
		URL:         "https://observer.example",
		Description: "News & views",
		Language:    "en",
		Author:      news.Person{Name: "The Editors", Email: "editors@observer.example"},
		Icon:        "https://observer.example/articles/icon.png",
		Location:    time.UTC,
	}
}

// The sources of the rich edition, from the most to the least they say.
var (
	weekly = news.SourceInfo{
		Name: "weekly", Title: "Weekly <Tools> & More", Site: "https://weekly.example/",
		URL: "https://weekly.example/feed.xml?a=1&b=2", ID: "tag:weekly.example,2020:feed",
		Author: "Weekly Staff", Rights: "CC BY 4.0", Updated: day(20, 12, 0, 0),
	}
	plain = news.SourceInfo{Name: "plain", Title: "plain.example", URL: "https://plain.example/rss", ID: "not a uri"}
	disk  = news.SourceInfo{Name: "disk", Title: "From disk"}
	local = news.SourceInfo{Name: news.ArticlesName, Title: "The Example Observer", Site: "https://observer.example", Local: true}
)

// richEdition has a story for each thing that can be told, or can go wrong.
func richEdition() *news.Edition {
	items := []news.Item{
		everything(), rightToLeft(), cjk(), damaged(), ourArticle(), untitled(), bare(), podcast(), sameSecond(),
	}
	for i := range items {
		items[i].Key = news.StoryKey(100 - i)
	}
	return &news.Edition{
		Site:    testSite(),
		Feed:    news.Feed{Name: "latest", Title: "Our latest articles", Limit: 50, Content: news.ContentFull},
		Items:   items,
		Updated: day(21, 8, 0, 1),
	}
}

func everything() news.Item {
	return news.Item{
		Story: news.Story{
			ID: "1", PublicID: "https://weekly.example/posts/1", Link: "https://weekly.example/posts/1",
			Title:      `Tom & Jerry: "if a < b" in 'Go' 🎉`,
			Summary:    `<p>A <b>short</b> summary &amp; more.</p>`,
			Content:    `<p>The <a href="https://weekly.example/a?x=1&amp;y=2">whole</a> text.</p>`,
			Excerpt:    "A short summary & more.",
			Language:   "en",
			Rights:     "© 2026 Ann Author",
			Comments:   "https://weekly.example/posts/1#comments",
			Image:      "https://weekly.example/1.jpg",
			Authors:    []news.Person{{Name: "Ann Author", Email: "ann@weekly.example", URL: "https://ann.example/"}, {Name: "Bob"}, {Email: "carol@weekly.example"}},
			Categories: []string{"go", "R&D", "<tools>", " "},
			Enclosures: []news.Enclosure{
				{URL: "https://weekly.example/1.mp3", Type: "audio/mpeg", Length: 5_000_000_000},
				{URL: "https://weekly.example/slides.PDF?v=2"},
				{URL: "https://weekly.example/unknown", Type: "nonsense", Length: -1},
			},
			Date: day(20, 9, 30, 0), Changed: day(21, 8, 0, 1),
		},
		From:   weekly,
		AlsoIn: []news.Copy{{Title: "plain.example", Link: "https://plain.example/copy?of=1&x=2"}, {Title: "nowhere"}},
	}
}

func rightToLeft() news.Item {
	return news.Item{
		Story: news.Story{
			ID: "2", PublicID: "tag:plain.example,2026:2", Link: "https://plain.example/2",
			Title: "שלום עולם", Content: "<p dir=\"rtl\">مرحبا بالعالم</p>", Excerpt: "مرحبا بالعالم",
			Language: "he", Date: day(20, 9, 29, 59), Changed: day(20, 9, 29, 59).Add(400 * time.Millisecond),
		},
		From: plain,
	}
}

func cjk() news.Item {
	return news.Item{
		Story: news.Story{
			ID: "3", PublicID: "urn:uuid:7d444840-9dc0-11d1-b245-5ffdce74fad2", Link: "https://plain.example/3",
			Title: "日本語の題名 𠮷野家 👩‍👩‍👧", Summary: "要約だけ。", Excerpt: "要約だけ。",
			Language: "ja_JP", Date: day(20, 9, 29, 58), Changed: day(20, 9, 29, 58),
		},
		From: plain,
	}
}

func damaged() news.Item {
	return news.Item{
		Story: news.Story{
			ID: "4", PublicID: "https://plain.example/?p=4", Link: "https://plain.example/4",
			Title:   "Bell\x07 NUL\x00 bad\xff end\uFFFE",
			Summary: "two\r\nlines\rthree", Content: "<pre>a[b[0]]>c ]]]]>> \x0b\x1b[0m \xed\xa0\x80</pre>",
			Excerpt:    "two lines",
			Language:   "not a language!",
			Authors:    []news.Person{{}, {Name: "\x01"}},
			Categories: []string{"tab\tand\x02"},
			Date:       day(20, 9, 29, 57), Changed: day(1, 0, 0, 0),
		},
		From: plain,
	}
}

func ourArticle() news.Item {
	return news.Item{
		Story: news.Story{
			ID: "hello", PublicID: "tag:observer.example,2026:articles/hello", Link: "https://observer.example/articles/hello",
			Title: "Hello", Summary: "<p>We say hello.</p>", Content: "<p>We say hello, at length.</p>", Excerpt: "We say hello.",
			Date: day(20, 9, 29, 56), Changed: day(20, 9, 29, 56), Local: true, Slug: "hello",
		},
		From: local,
	}
}

func untitled() news.Item {
	const words = "A note without a title, long enough that what stands in for the title has to be cut between two words."
	return news.Item{
		Story: news.Story{
			ID: "5", PublicID: "https://weekly.example/notes/5", Link: "https://weekly.example/notes/5",
			Content: "<p>" + words + "</p>", Excerpt: words,
			Date: day(20, 9, 29, 55), Changed: day(20, 9, 29, 55),
		},
		From: weekly,
	}
}

func bare() news.Item {
	return news.Item{
		Story: news.Story{ID: "6", PublicID: "urn:uuid:00000000-0000-5000-8000-000000000006", Date: day(20, 9, 29, 54)},
		From:  disk,
	}
}

// podcast is an episode whose picture comes before its sound.
func podcast() news.Item {
	return news.Item{
		Story: news.Story{
			ID: "7", PublicID: "tag:weekly.example,2026:7", Link: "https://weekly.example/7",
			Title: "Episode 7: the 🎙️", Summary: "<p>Notes.</p>", Excerpt: "Notes.", Image: "https://weekly.example/7.jpg",
			Enclosures: []news.Enclosure{
				{URL: "https://weekly.example/7.jpg", Type: "image/jpeg", Length: 70_000},
				{
					URL: "https://weekly.example/7.mp3", Type: "audio/mpeg", Length: 20_000_000, Duration: 1834,
					Episode: news.Episode{Number: 7, Season: 2, Kind: "full", Explicit: "false"},
				},
				{URL: "https://weekly.example/7.mp4", Type: "video/mp4", Duration: 1840},
			},
			Date: day(20, 9, 29, 53), Changed: day(20, 9, 29, 53),
		},
		From: weekly,
	}
}

// sameSecond was published in the second of the one before it.
func sameSecond() news.Item {
	return news.Item{
		Story: news.Story{
			ID: "8", PublicID: "https://plain.example/8", Link: "https://plain.example/8",
			Title: "AT&amp;T said &lt;hello>", Excerpt: "x", Content: "<p>x<br>y &amp; z</p>",
			Date: day(20, 9, 29, 53), Changed: day(20, 9, 29, 53).Add(time.Millisecond),
		},
		From: plain,
	}
}
