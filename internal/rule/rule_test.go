package rule_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"tributary/internal/news"
	"tributary/internal/rule"
)

// story is what the tables below look at.
func story() *news.Story {
	return &news.Story{
		Title:      "Sponsored: Löwen in der Stadt",
		Link:       "https://News.Example.org:8443/2026/lions?x=1",
		Summary:    "<p>Lions &amp; tigers</p>",
		Content:    "<h2>Lions</h2><p>Three <b>l</b>ions,\n no bears.</p>",
		Language:   "de",
		Categories: []string{"animals", "city"},
		Authors:    []news.Person{{Name: "Jane Doe"}, {Email: "desk@example.org"}, {URL: "https://example.org/me"}},
		Enclosures: []news.Enclosure{{URL: "https://example.org/a.mp3", Type: "audio/mpeg", Length: 1000}},
		Published:  time.Date(2027, time.May, 1, 0, 0, 0, 0, time.UTC),
		Date:       time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC),
		Words:      5,
	}
}

func source() *news.Source {
	return &news.Source{Name: "zoo", Tags: []string{"go", "science"}}
}

func TestMatch(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		rule   string
		want   bool
		reason string
	}{
		{`title contains "Sponsored"`, true, "text"},
		{`not (title matches "(?i)sponsored")`, false, "the example of the manual"},
		{`title matches "^Sponsored: L.wen"`, true, "patterns see characters, not bytes"},
		{`content == "Lions Three lions, no bears."`, true, "plain: blocks part words, inline elements don't, space folded"},
		{`content contains "<"`, false, "no tags"},
		{`summary == "Lions & tigers"`, true, "entities decoded"},
		{`link startsWith "https://"`, true, "link as it is"},
		{`host == "news.example.org"`, true, "lower case, no port"},
		{`"Jane Doe" in authors`, true, "by name"},
		{`"desk@example.org" in authors and "https://example.org/me" in authors`, true, "nameless people by address"},
		{`any(categories, # startsWith "ani")`, true, "own categories"},
		{`"animals" in tags`, false, "tags are those of the source"},
		{`"go" in tags`, true, "tags are those of the source"},
		{`source in ["zoo", "park"]`, true, "source name"},
		{`language == "de"`, true, "language"},
		{`published < date("2026-06-01")`, true, "the date that we publish under"},
		{`published.Year() == 2026 and published.Weekday().String() == "Sunday"`, true, "reading a time"},
		{`date("2026-03-03") - published > duration("24h")`, true, "spans"},
		{`words >= 5 and not local`, true, "number and truth"},
		{`any(enclosures, .type startsWith "audio/" and .length > 500)`, true, "files"},
		{`len(enclosures) == 1 and enclosures[0].url endsWith ".mp3"`, true, "an index"},
		{`lower(title) contains "löwen"`, true, "functions"},
		{`words > 100 ? true : local`, false, "a choice"},
		{`count(authors, # contains "e") >= 2`, true, "counting"},
	} {
		compiled, err := rule.Compile(test.rule)
		if err != nil {
			t.Errorf("%s: Compile(%q): %v", test.reason, test.rule, err)
			continue
		}
		got, err := compiled.Match(story(), source())
		if err != nil || got != test.want {
			t.Errorf("%s: %q: got %v, %v, want %v", test.reason, test.rule, got, err, test.want)
		}
	}
}

func TestMatchOfArticlesAndBareStories(t *testing.T) {
	t.Parallel()
	articles := &news.Source{Name: news.ArticlesName, Tags: []string{"not-these"}}
	local := &news.Story{Title: "Ours", Local: true, Categories: []string{"essay"}}
	for _, test := range []struct {
		rule, reason string
		story        *news.Story
		from         *news.Source
	}{
		{`local and tags == ["essay"]`, "an article's tags are its own", local, articles},
		{`source == "@articles"`, "articles have a source name too", local, articles},
		{`content == "" and summary == "" and host == "" and link == ""`, "what is missing is empty", &news.Story{}, &news.Source{}},
		{`len(authors) + len(tags) + len(categories) + len(enclosures) + words == 0`, "missing lists are empty", &news.Story{}, &news.Source{}},
		{`published.IsZero()`, "a missing date is zero", &news.Story{}, &news.Source{}},
		{`published.Year() == 2027`, "before merge dates a story, the upstream's date", &news.Story{Published: story().Published}, &news.Source{}},
		{`not ("x" in tags)`, "nothing is in a missing list", &news.Story{}, &news.Source{}},
		{`host == ""`, "a broken link has no host", &news.Story{Link: "http://[::1"}, &news.Source{}},
	} {
		compiled, err := rule.Compile(test.rule)
		if err != nil {
			t.Fatalf("%s: %v", test.reason, err)
		}
		if got, err := compiled.Match(test.story, test.from); !got || err != nil {
			t.Errorf("%s: %q: got %v, %v", test.reason, test.rule, got, err)
		}
	}
}

func TestMatchFails(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ rule, want, reason string }{
		{`words > 2 and authors[7] == "x"`, "1:22: index out of range", "no such author"},
		{`int(title) > 3`, "1:1: ", "text that is no number"},
		{`words % len(title[0:0]) == 0`, "divide by zero", "division"},
		{`published > date("soon")`, "invalid date soon", "no date"},
	} {
		compiled, err := rule.Compile(test.rule)
		if err != nil {
			t.Errorf("%s: Compile(%q): %v", test.reason, test.rule, err)
			continue
		}
		for range 2 { // the second run uses the pooled machine of the failed one
			_, err = compiled.Match(story(), source())
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s: %q: got %v, want an error with %q", test.reason, test.rule, err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: more than one line: %v", test.reason, err)
			}
		}
	}
}

func TestCompileRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		rule         string
		line, column int
		want         string
	}{
		{`  `, 1, 1, "must not be empty"},
		{`title contains`, 1, 14, "ends too early"},
		{`titel contains "x"`, 1, 1, `unknown variable "titel" (did you mean "title"?)`},
		{"words > 3\n  and auther == \"x\"", 2, 7, `unknown variable "auther" (did you mean "authors"?)`},
		{`local and url contains "x"`, 1, 11, `unknown variable "url" (did you mean "link"?)`},
		{`zzz == 1`, 1, 1, "there are: title, content"},
		{`"ä" == titel`, 1, 8, "titel"},
		{`published > now()`, 1, 13, "does not see the clock (use max_age"},
		{`len(repeat(title, 1000000)) > 1`, 1, 5, "repeat() is not available"},
		{`len(split(content, "")) > 1`, 1, 5, "split() is not available"},
		{`len(map(authors, content)) > 1`, 1, 5, "map() is not available"},
		{`lowr(title) == "x"`, 1, 1, `unknown function "lowr" (did you mean "lower"?)`},
		{`any(1..1000000, # > 3)`, 1, 6, "ranges are not available"},
		{`any(authors, any(tags, # == "x"))`, 1, 24, "inside another"},
		{`let a = title + title; len(a + a) > 3`, 1, 5, "let is not available"},
		{`true; false`, 1, 1, "one expression"},
		{`title matches content`, 1, 15, "must be literal"},
		{`title matches "(x"`, 1, 15, "malformed pattern: missing closing )"},
		{`title matches "(a{1000}|b{1000}|c{500})"`, 1, 15, "too large"},
		{`title matches "(a{1000}){1000}"`, 1, 15, "malformed pattern"},
		{`authors contains "x"`, 1, 1, "authors is a list"},
		{`title`, 1, 1, "must be true or false, this one is text"},
		{`words + 1`, 1, 1, "this one is a number"},
		{`published.Local() == published`, 1, 11, `unknown method "Local"`},
		{`any(enclosures, .typ == "x")`, 1, 18, `unknown field "typ" (did you mean "type"?)`},
		{`$env.title == "x"`, 1, 1, "unknown variable"},
		{`words > "x"`, 1, 7, "mismatched types"},
		{`local == published`, 1, 7, "time"},
		{`title == "` + strings.Repeat("x", 5000) + `"`, 1, 1, "at most 4096 bytes"},
		{strings.Repeat("not ", 900) + "local", 1, 1, ""},
		{"title == \"\xff\"", 1, 1, "UTF-8"},
	} {
		_, err := rule.Compile(test.rule)
		var bad *rule.Error
		if !errors.As(err, &bad) {
			t.Errorf("Compile(%.60q): got %v, want a *rule.Error", test.rule, err)
			continue
		}
		if test.want != "" && (bad.Line != test.line || bad.Column != test.column) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("Compile(%.60q):\n got  %v\n want %d:%d: …%s…", test.rule, err, test.line, test.column, test.want)
		}
		if strings.Contains(err.Error(), "rule.") || strings.Contains(err.Error(), "\n") {
			t.Errorf("Compile(%.60q): Go names or several lines in %q", test.rule, err)
		}
	}
}

func TestCompileRefusesEveryOtherBuiltin(t *testing.T) {
	t.Parallel()
	for _, call := range []string{
		"splitAfter(title, 1)", "replace(title, 1, 2)", "join(tags)", "toJSON(tags)", "fromJSON(title)",
		"reduce(tags, #acc)", "groupBy(tags, #)", "sortBy(tags, #)", "sum(tags)", "mean(1)", "flatten(tags)", "concat(tags, tags)",
		"keys(1)", "timezone(title)", "toBase64(title)", "uniq(tags)", "reverse(tags)", "sort(tags)", "take(tags, 1)", "bitshl(1, 2)",
	} {
		if _, err := rule.Compile(call + " == nil"); err == nil {
			t.Errorf("%s compiled", call)
		}
	}
}

func TestMatchConcurrently(t *testing.T) {
	t.Parallel()
	compiled, err := rule.Compile(`content contains "lions" and any(authors, # contains "Jane")`)
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 200 {
				if got, err := compiled.Match(story(), source()); !got || err != nil {
					t.Errorf("got %v, %v", got, err)
					return
				}
			}
		})
	}
	group.Wait()
}

func TestVariablesAreThoseOfTheRules(t *testing.T) {
	t.Parallel()
	for _, name := range rule.Variables() {
		if _, err := rule.Compile(name + " == " + name); err != nil && !strings.Contains(err.Error(), "enclosures") {
			t.Errorf("%s: %v", name, err)
		}
	}
	names := rule.Variables()
	names[0] = "changed"
	if rule.Variables()[0] == "changed" {
		t.Error("Variables gives its own slice away")
	}
}

func FuzzCompile(f *testing.F) {
	for _, seed := range []string{
		`not (title matches "(?i)sponsored") and words > 100`, `any(enclosures, .type startsWith "audio/")`,
		`published.Year() == 2026`, `"x" in tags ? true : local`, `authors[0] == ""`, `title[1:2] == "ö"`,
		`filter(tags, # != "")[0] == "a"`, `date("2026-01-01") - published > duration("1h")`, "a;b", "1..2", `{"a":1}.a == 1`,
	} {
		f.Add(seed)
	}
	story, source := story(), source()
	f.Fuzz(func(t *testing.T, text string) {
		compiled, err := rule.Compile(text)
		if err != nil {
			var bad *rule.Error
			if !errors.As(err, &bad) || bad.Line < 1 || bad.Column < 1 || bad.Message == "" {
				t.Fatalf("an error without a place: %#v", err)
			}
			return
		}
		first, failed := compiled.Match(story, source)
		again, failedAgain := compiled.Match(story, source)
		if first != again || (failed == nil) != (failedAgain == nil) {
			t.Errorf("%q gave %v, %v and then %v, %v", text, first, failed, again, failedAgain)
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	long := story()
	long.Content = strings.Repeat(long.Content, 60) // about 3 KB
	for name, text := range map[string]string{
		"title":   `not (title matches "(?i)sponsored")`,
		"content": `content contains "tigers"`,
		"lists":   `any(authors, # startsWith "Jane") and "go" in tags`,
	} {
		compiled, err := rule.Compile(text)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			from := source()
			for b.Loop() {
				if _, err := compiled.Match(long, from); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
