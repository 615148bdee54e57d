// Package article reads a folder of Markdown articles and makes stories of
// them: CommonMark with tables, strikethrough, bare links, footnotes, heading
// anchors and highlighted code, below front matter in YAML (---) or TOML (+++).
//
// The files are the operator's own and are trusted: raw HTML in them passes as
// it is written. Nothing outside the folder is ever read, whatever a symbolic
// link or a path says. The same folder and options give the same result.
package article

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"tributary/internal/news"
)

// The limits. What passes one is left out and reported, never cut.
const (
	maxSource  = 1 << 20   // bytes of a Markdown file
	maxContent = 512 << 10 // bytes of the HTML made from it, the limit of news.Story
	maxFile    = 64 << 20  // bytes of a file beside the articles
	maxEntries = 20_000    // files in the folder, of any kind
)

// Options say how articles become stories.
type Options struct {
	// Site gives the URL that everything hangs on (required), and the author
	// and language of an article that names none. A date without a zone is
	// read in Site.Location, UTC when nil.
	Site news.Site
	// Now decides which dates lie in the future.
	Now time.Time
}

// Result is what the folder holds.
type Result struct {
	// Batch has the articles that are due, newest first, each with its
	// PublicID. Unchanged names the slugs of files that can't be used at the
	// moment, so that a slip of the pen doesn't unpublish an article.
	Batch news.Batch
	// Files are the other files, by path: images and what else lies there.
	Files []File
	// Problems are what the operator should look at, by file and line.
	Problems []Problem
	// NextDue is the earliest date after Options.Now at which the folder,
	// unchanged, gives another result; zero when there is none.
	NextDue time.Time
}

// File is a file beside the articles, served at /articles/PATH.
type File struct {
	Path     string // inside the folder, with forward slashes
	Size     int64
	Modified time.Time
}

// Problem is something wrong with one file.
type Problem struct {
	File    string // path inside the folder
	Line    int    // from 1; 0 when it concerns the whole file
	Message string // what is wrong and what to do
	LeftOut bool   // the file is not published; otherwise it is, in spite of the problem
}

// String gives file:line: message.
func (p Problem) String() string {
	if p.Line == 0 {
		return p.File + ": " + p.Message
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Message)
}

// Load reads the folder dir. An error means that nothing could be read at all;
// what is wrong with single files stands in Result.Problems.
//
//  1. Every *.md and *.markdown file is an article, in subfolders too. Names
//     that begin with a dot or an underscore are ignored, folders included.
//  2. The slug is the front matter's, else the file's name without a leading
//     date (2026-08-03-welcome.md is "welcome"); index.md takes its folder's.
//     Of two files with one slug the first by path has it. Of the front matter's
//     aliases, former slugs, each leads to the article unless another one is
//     there, or has the alias and comes first by path.
//  3. The title is the front matter's, else the first heading, else made from
//     the file's name. The date is the front matter's, else the one in the file's
//     name; without either the article is left out.
//  4. Drafts are left out, and articles dated after Options.Now until then.
//  5. Relative links are made absolute: to another article by the path of its
//     file or by its slug, to a file in the folder, or, from a slash on, to
//     an address of the site. A link to what is not there is reported.
//  6. Pictures in the folder get their width and height, so that nothing moves
//     when they come.
func Load(dir string, options Options) (*Result, error) {
	l, found, err := open(dir, options)
	if err != nil {
		return nil, err
	}
	defer l.root.Close()
	return l.result(found.files), nil
}

// open reads the folder and every front matter in it. Who is done closes the
// loader's root.
func open(dir string, options Options) (*loader, *folder, error) {
	base, err := url.Parse(options.Site.URL)
	if err != nil || base.Host == "" {
		return nil, nil, fmt.Errorf("articles need the site's URL, and %q is none", options.Site.URL)
	}
	if options.Site.Location == nil {
		options.Site.Location = time.UTC
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("articles folder: %w", err)
	}
	found, err := readFolder(root, dir)
	if err != nil {
		root.Close()
		return nil, nil, err
	}
	l := &loader{root: root, sizes: map[string]size{}, options: options, base: base, markdown: newMarkdown(), broken: found.broken, problems: found.problems}
	l.plan(found)
	return l, found, nil
}

// loader carries one Load.
type loader struct {
	root     *os.Root
	sizes    map[string]size // of pictures, by path in the folder; zero: none is known
	options  Options
	base     *url.URL
	markdown *markdown
	drafts   []*draft          // of the articles that are published, by path
	waiting  []*draft          // of those that are not yet, likewise
	slugs    map[string]string // path of the file by slug, published or not
	targets  map[string]string // address below /articles/ by path in the folder
	broken   []string          // slugs of files that can't be used
	nextDue  time.Time
	problems []Problem
}

// draft is an article whose front matter was read, before its body is.
type draft struct {
	source source
	front  front
	meta   meta
}

// plan reads every front matter and decides what is published and where, so
// that the bodies can link to each other.
func (l *loader) plan(found *folder) {
	l.slugs = map[string]string{}
	l.targets = map[string]string{}
	for _, f := range found.files {
		l.targets[f.Path] = f.Path
	}
	for _, src := range found.sources {
		d, err := l.read(src)
		if err != nil {
			l.report(src.path, err)
			l.broken = append(l.broken, guessSlug(src))
			continue
		}
		if first, taken := l.slugs[d.meta.slug]; taken {
			l.report(src.path, lineError{d.front.line("slug"), fmt.Errorf(
				"has the slug %q, and so has %s: give one of them another slug", d.meta.slug, first)})
			continue
		}
		l.slugs[d.meta.slug] = src.path
		if l.due(d) {
			l.targets[src.path] = d.meta.slug
			l.drafts = append(l.drafts, d)
		} else {
			l.waiting = append(l.waiting, d)
		}
	}
	l.checkAliases()
	l.checkFiles()
}

// checkAliases takes from articles the aliases that lead elsewhere: an article
// has its own address, of two with one alias the first by path has it.
func (l *loader) checkAliases() {
	owners := map[string]string{}
	for _, d := range l.drafts {
		d.meta.aliases = slices.DeleteFunc(d.meta.aliases, func(alias string) bool {
			first, taken := l.slugs[alias]
			if taken && l.targets[first] == alias {
				l.warn(d, "aliases", "alias %q is the slug of %s, which keeps its address: take the alias out", alias, first)
				return true
			}
			if first, taken := owners[alias]; taken {
				l.warn(d, "aliases", "alias %q leads to %s already: take it out of one of them", alias, first)
				return true
			}
			owners[alias] = d.source.path
			return false
		})
	}
}

// checkFiles tells of files that can't be reached: an article has the address
// of one of them.
func (l *loader) checkFiles() {
	for _, d := range l.drafts {
		if l.targets[d.meta.slug] == d.meta.slug {
			l.problems = append(l.problems, Problem{File: d.meta.slug, LeftOut: true, Message: fmt.Sprintf(
				"has the address of the article %s and is not served: rename one of them", d.source.path)})
		}
	}
}

// warn notes what is wrong with a key of an article that is published all the
// same.
func (l *loader) warn(d *draft, key, format string, args ...any) {
	l.problems = append(l.problems, Problem{File: d.source.path, Line: d.front.line(key), Message: fmt.Sprintf(format, args...)})
}

// read reads the front matter of one article.
func (l *loader) read(src source) (*draft, error) {
	front, err := splitFront(src.text)
	if err != nil {
		return nil, err
	}
	meta, err := readMeta(src.path, front, l.options.Site, func(key, message string) {
		l.problems = append(l.problems, Problem{File: src.path, Line: front.line(key), Message: message})
	})
	if err != nil {
		return nil, err
	}
	return &draft{source: src, front: front, meta: meta}, nil
}

// due reports whether an article is published now, and notes when it will be.
func (l *loader) due(d *draft) bool {
	if d.meta.draft {
		return false
	}
	now := l.options.Now
	if d.meta.date.After(now) {
		l.wake(d.meta.date)
		return false
	}
	if d.meta.updated.After(now) {
		l.wake(d.meta.updated)
		d.meta.updated = time.Time{}
	}
	return true
}

// wake notes a time at which the folder gives another result.
func (l *loader) wake(at time.Time) {
	if l.nextDue.IsZero() || at.Before(l.nextDue) {
		l.nextDue = at.UTC()
	}
}

// result renders what was planned.
func (l *loader) result(files []File) *Result {
	site := l.options.Site
	batch := news.Batch{Format: "markdown", Title: site.Title, Link: site.URL, Language: site.Language}
	if site.Author != (news.Person{}) {
		batch.Authors = []news.Person{site.Author}
	}
	for _, d := range l.drafts {
		story, err := l.story(d)
		if err != nil {
			l.report(d.source.path, err)
			l.broken = append(l.broken, d.meta.slug)
			continue
		}
		batch.Stories = append(batch.Stories, story)
		batch.Updated = latest(batch.Updated, story.Published, story.Updated)
	}
	slices.SortStableFunc(batch.Stories, func(a, b news.Story) int {
		return cmp.Or(b.Published.Compare(a.Published), cmp.Compare(a.Slug, b.Slug))
	})
	batch.Unchanged = l.unreadable(batch.Stories)
	slices.SortStableFunc(l.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	return &Result{Batch: batch, Files: files, Problems: l.problems, NextDue: l.nextDue}
}

// unreadable gives the slugs of broken files that no readable file has.
func (l *loader) unreadable(stories []news.Story) []string {
	var slugs []string
	for _, slug := range l.broken {
		taken := slices.ContainsFunc(stories, func(s news.Story) bool { return s.Slug == slug })
		if slug != "" && !taken {
			slugs = append(slugs, slug)
		}
	}
	slices.Sort(slugs)
	return slices.Compact(slugs)
}

// report notes that a file was left out.
func (l *loader) report(path string, err error) {
	problem := Problem{File: path, Message: err.Error(), LeftOut: true}
	if at, ok := errors.AsType[lineError](err); ok {
		problem.Line = at.line
	}
	l.problems = append(l.problems, problem)
}

// link gives the address of a path below /articles/.
func (l *loader) link(path string) string {
	return l.siteLink("/articles/" + path)
}

// siteLink gives the address of a path of the site, which begins with a slash.
func (l *loader) siteLink(path string) string {
	return strings.TrimSuffix(l.options.Site.URL, "/") + (&url.URL{Path: path}).EscapedPath()
}

// lineError is an error in a line of a file.
type lineError struct {
	line int
	err  error
}

// Error says what is wrong; who reports it adds the line.
func (e lineError) Error() string { return e.err.Error() }

// Unwrap gives the error underneath.
func (e lineError) Unwrap() error { return e.err }

// latest gives the latest of some times.
func latest(times ...time.Time) time.Time {
	return slices.MaxFunc(times, time.Time.Compare)
}
