package parse

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tributary/internal/news"
)

func TestParseDuration(t *testing.T) {
	t.Parallel()
	cases := []struct {
		text string
		want int64
	}{
		{"1834", 1834},
		{" 30:34 ", 1834},
		{"1:00:01", 3601},
		{"00:42:07", 2527},
		{"90:00", 5400},      // minutes beyond an hour
		{"1834.6", 1835},     // whole seconds only
		{"", 0},              // not said
		{"half an hour", 0},  // words
		{"1:2:3:4", 0},       // days are not foreseen
		{"-5", 0},            // nor is the past
		{"NaN", 0},           // Go reads this as a number
		{"Inf", 0},           // and this
		{"99999999999", 0},   // absurd
		{"9999999:00:00", 0}, // absurd in hours
		{"12:", 0},           // cut off
	}
	for _, c := range cases {
		if got := parseDuration(c.text); got != c.want {
			t.Errorf("%q: %d, want %d", c.text, got, c.want)
		}
	}
}

// TestPodcast: what podcasts say of their files is found in each format.
func TestPodcast(t *testing.T) {
	t.Parallel()
	const tags = `<itunes:duration>30:34</itunes:duration><itunes:episode>7</itunes:episode><itunes:season>2</itunes:season>
		<itunes:episodeType>Bonus</itunes:episodeType><itunes:explicit>clean</itunes:explicit>`
	const space = `xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:media="http://search.yahoo.com/mrss/"`
	picture := news.Enclosure{URL: "https://a.example/1.jpg", Type: "image/jpeg"}
	film := news.Enclosure{URL: "https://a.example/1.mp4", Type: "video/mp4", Duration: 61}
	told := news.Enclosure{
		URL: "https://a.example/1.mp3", Type: "audio/mpeg", Length: 9, Duration: 1834,
		Episode: news.Episode{Number: 7, Season: 2, Kind: "bonus", Explicit: "false"},
	}
	played := told
	played.Episode = news.Episode{}
	cases := []struct {
		name, text string
		want       []news.Enclosure
	}{
		{"RSS", `<rss version="2.0" ` + space + `><channel><title>t</title><item><title>i</title>
			<enclosure url="https://a.example/1.jpg" type="image/jpeg" length="0"/>
			<enclosure url="https://a.example/1.mp3" type="audio/mpeg" length="9"/>
			<media:content url="https://a.example/1.mp4" type="video/mp4" duration="60.7"/>` + tags + `</item></channel></rss>`,
			[]news.Enclosure{picture, told, film}},
		{"Atom", `<feed xmlns="http://www.w3.org/2005/Atom" ` + space + `><title>t</title><id>a:b</id><entry><id>a:c</id><title>i</title>
			<link rel="enclosure" href="https://a.example/1.mp3" type="audio/mpeg" length="9"/>` + tags + `</entry></feed>`,
			[]news.Enclosure{told}},
		{"JSON", `{"version":"https://jsonfeed.org/version/1.1","title":"t","items":[{"id":"1","content_text":"i","attachments":[
			{"url":"https://a.example/1.mp3","mime_type":"audio/mpeg","size_in_bytes":9,"duration_in_seconds":1834}]}]}`,
			[]news.Enclosure{played}},
		{"JSON with a fraction", `{"version":"https://jsonfeed.org/version/1.1","title":"t","items":[{"id":"1","content_text":"i","attachments":[
			{"url":"https://a.example/1.mp3","mime_type":"audio/mpeg","size_in_bytes":9,"duration_in_seconds":1834.2}]}]}`,
			[]news.Enclosure{played}},
	}
	for _, c := range cases {
		doc, err := Parse([]byte(c.text), Options{})
		if err != nil || len(doc.Entries) != 1 {
			t.Errorf("%s: %v, %v", c.name, doc, err)
			continue
		}
		if diff := cmp.Diff(c.want, doc.Entries[0].Enclosures); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}
