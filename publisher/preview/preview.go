// Package preview shows operators the articles that are not published yet:
// drafts, and those whose date lies in the future. Each is made on request from
// the files as they are, by the templates that will make its page, with a note
// that it is a draft.
//
// It belongs on the admin listener, behind what guards that. Nothing of it is
// stored, or known to the publisher.
package preview

import (
	"bytes"
	_ "embed"
	"errors"
	"html/template"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"tributary/internal/news"
	"tributary/publisher"
	"tributary/publisher/site"
)

// Path is the address of the list. All other addresses are below it.
const Path = "/drafts"

// Folder is what lies in the articles folder for later.
type Folder struct {
	Waiting  []Draft
	Problems []Problem // of all files, published or not
}

// Draft is an article that is not published yet.
type Draft struct {
	File  string
	Story news.Story
	Due   time.Time // when it is published by itself; zero: never
}

// Problem is what is wrong with a file.
type Problem struct {
	File string
	Text string // with file and line
}

// Options are what New needs. All are required; funcs are called for each
// request, from many goroutines.
type Options struct {
	Site func() news.Site
	// Drafts reads the folder.
	Drafts func() (Folder, error)
	// Files opens a regular file beside the articles by its path in their
	// folder, and nothing outside of that.
	Files func(name string) (io.ReadSeekCloser, time.Time, error)
	// Page makes a page; publisher.Publisher.Preview does.
	Page   func(article news.Item, preview site.Preview) ([]byte, error)
	Assets func() []site.Asset
}

// Handler answers at Path and below:
//
//  1. Path lists what waits and what is wrong in the folder.
//  2. Path/articles/SLUG is the page of a draft, Path/articles/FILE what lies
//     beside it, Path/static/… what pages load.
//  3. Any other address below leads to the same address of the public site,
//     which is where the links of a draft's page go.
type Handler struct{ o Options }

// New makes a handler.
func New(options Options) *Handler { return &Handler{options} }

// The policies: a page may load its styles and pictures, but unlike a public
// one it runs no script, since here that could reach what operators can. A file
// beside it is shut in a sandbox.
const (
	listPolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	pagePolicy = "default-src 'none'; img-src https: http: data:; media-src 'self'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	filePolicy = "sandbox; default-src 'none'; img-src 'self' data:; media-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"
)

const articles = "/articles/"

//go:embed list.html
var listHTML string

var list = template.Must(template.New("list").Funcs(template.FuncMap{
	"stamp": func(t time.Time) string { return t.Format("2006-01-02 15:04 MST") },
}).Parse(listHTML))

type view struct {
	Title   string // of the site
	Drafts  []row
	Others  []Problem // of files that don't wait
	Problem string
}

type row struct {
	Draft
	URL      string
	Problems []Problem
}

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Robots-Tag", "noindex")
	below := strings.TrimPrefix(r.URL.Path, Path)
	switch {
	case below == "":
		h.list(w)
	case strings.HasPrefix(below, "/static/"):
		h.asset(w, below)
	case strings.HasPrefix(below, articles) && below != articles:
		h.article(w, r, strings.TrimPrefix(below, articles))
	default:
		h.leave(w, r, below)
	}
}

// leave goes to an address of the public site.
func (h *Handler) leave(w http.ResponseWriter, r *http.Request, below string) {
	to := strings.TrimSuffix(h.o.Site().URL, "/") + (&url.URL{Path: path.Join("/", below), RawQuery: r.URL.RawQuery}).String()
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusFound)
}

// list shows what waits.
func (h *Handler) list(w http.ResponseWriter) {
	about := h.o.Site()
	v := view{Title: about.Title}
	folder, err := h.o.Drafts()
	if err != nil {
		v.Problem = err.Error()
	}
	zone := about.Location
	if zone == nil {
		zone = time.UTC
	}
	waiting := map[string]int{}
	for _, draft := range folder.Waiting {
		waiting[draft.File] = len(v.Drafts)
		if !draft.Due.IsZero() {
			draft.Due = draft.Due.In(zone)
		}
		v.Drafts = append(v.Drafts, row{Draft: draft, URL: Path + articles + url.PathEscape(draft.Story.Slug)})
	}
	for _, problem := range folder.Problems {
		if n, ok := waiting[problem.File]; ok {
			v.Drafts[n].Problems = append(v.Drafts[n].Problems, problem)
			continue
		}
		v.Others = append(v.Others, problem)
	}
	status := http.StatusOK
	if v.Problem != "" {
		status = http.StatusInternalServerError
	}
	show(w, status, &v)
}

func show(w http.ResponseWriter, status int, v *view) {
	var body bytes.Buffer
	if err := list.Execute(&body, v); err != nil {
		http.Error(w, "the page can't be made: "+err.Error(), http.StatusInternalServerError)
		return
	}
	send(w, status, "text/html; charset=utf-8", listPolicy, body.Bytes())
}

func send(w http.ResponseWriter, status int, contentType, policy string, body []byte) {
	header := w.Header()
	header.Set("Content-Type", contentType)
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", policy)
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the visitor is gone
}

// asset sends what pages load.
func (h *Handler) asset(w http.ResponseWriter, name string) {
	for _, asset := range h.o.Assets() {
		if asset.Path == name {
			send(w, http.StatusOK, asset.ContentType, filePolicy, asset.Body)
			return
		}
	}
	send(w, http.StatusNotFound, "text/plain; charset=utf-8", filePolicy, []byte("not found\n"))
}

// article shows a draft, a file, or what keeps a file from being a draft; what
// is neither is the public site's.
func (h *Handler) article(w http.ResponseWriter, r *http.Request, name string) {
	if strings.Contains(name, ".") { // no slug has one: the folder needn't be read for each picture
		if !h.file(w, r, name) {
			h.leave(w, r, articles+name)
		}
		return
	}
	folder, err := h.o.Drafts()
	if err != nil {
		show(w, http.StatusInternalServerError, &view{Title: h.o.Site().Title, Problem: err.Error()})
		return
	}
	for i := range folder.Waiting {
		if folder.Waiting[i].Story.Slug == name {
			h.draft(w, &folder.Waiting[i], &folder)
			return
		}
	}
	if h.file(w, r, name) {
		return
	}
	for _, problem := range folder.Problems { // it was a draft before its last change, perhaps
		if stem := strings.TrimSuffix(path.Base(problem.File), path.Ext(problem.File)); strings.HasSuffix(stem, name) {
			show(w, http.StatusNotFound, &view{Title: h.o.Site().Title, Others: folder.Problems, Problem: "this draft can't be shown at the moment"})
			return
		}
	}
	h.leave(w, r, articles+name)
}

// draft shows the page of an article as it will be.
func (h *Handler) draft(w http.ResponseWriter, draft *Draft, folder *Folder) {
	about := h.o.Site()
	note := "not published, " + draft.File
	if !draft.Due.IsZero() {
		zone := about.Location
		if zone == nil {
			zone = time.UTC
		}
		note = "to be published " + draft.Due.In(zone).Format("2006-01-02 15:04 MST") + ", " + draft.File
	}
	for _, problem := range folder.Problems {
		if problem.File == draft.File {
			note += " · " + problem.Text
		}
	}
	story := draft.Story
	story.Date, story.FirstSeen, story.Changed = story.Published, story.Published, story.Published
	body, err := h.o.Page(news.Item{
		Story: story, From: news.SourceInfo{Name: news.ArticlesName, Title: about.Title, Site: about.URL, Local: true},
	}, site.Preview{Note: note, Base: Path})
	if err != nil {
		show(w, http.StatusServiceUnavailable, &view{Title: about.Title, Problem: err.Error()})
		return
	}
	send(w, http.StatusOK, "text/html; charset=utf-8", pagePolicy, body)
}

// file sends what lies beside the articles; false when there is no such file.
func (h *Handler) file(w http.ResponseWriter, r *http.Request, name string) bool {
	contentType, served := publisher.FileType(name)
	if !served || !fs.ValidPath(name) {
		return false
	}
	file, modified, err := h.o.Files(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false
	}
	if err != nil {
		send(w, http.StatusInternalServerError, "text/plain; charset=utf-8", filePolicy, []byte(name+" can't be read\n"))
		return true
	}
	defer file.Close()
	header := w.Header()
	header.Set("Content-Type", contentType)
	header.Set("Content-Security-Policy", filePolicy)
	http.ServeContent(w, r, name, modified, file)
	return true
}
