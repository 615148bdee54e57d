package admin

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"tributary/internal/health"
	"tributary/internal/news"
	"tributary/publisher"
)

const (
	// perPage is how many sources the page shows at once.
	perPage = 100
	// recentShown is how many events it shows.
	recentShown = 12
)

//go:embed status.css
var style string

//go:embed status.html
var statusHTML string

var statusTemplate = template.Must(template.New("status").Funcs(template.FuncMap{
	"style": func() template.CSS { return template.CSS(style) },
}).Parse(statusHTML))

// policy lets a page have its own style and nothing else.
var policy = "default-src 'none'; style-src 'sha256-" + hashOf(style) + "'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// statusPage is what the template shows. Its texts are one line each, without
// secrets; the template escapes them.
type statusPage struct {
	Title, Version, Go    string
	Language              string
	Roles, StoreSize      string
	Up                    string
	Now                   moment
	Links                 []Page
	Counts                []count
	Config                *configView
	Differs               *moment // since when the applied config is another process's
	DiffersAdvice         string
	CanReload             bool
	Troubles              []troubleView
	Events                []eventView
	Rows                  []row
	Only                  string
	First, Last, Total    int
	Newer, Older          string
	Published, Publishing bool
}

// moment is a time, for machines and for people.
type moment struct{ Machine, Text, Stamp string }

type count struct {
	Health news.Health
	N      int
}

type configView struct {
	Path     string
	Taken    moment
	Read     moment
	Mistakes string
	Restart  string
}

type troubleView struct {
	Where, Detail string
	Since         moment
}

type eventView struct {
	At          moment
	Title, Text string
	Over        bool
}

type row struct {
	Name, URL, Link string
	Health          news.Health
	Since           moment
	Reason, Advice  string
	Stories         int
	Visited, Next   moment
	Outcome         string
	Failures        int
	Warnings        []string
	Chart           chart
}

// status answers with the page: what is wrong first, then all sources, the
// worst first. ?source=NAME shows one of them, ?page=N the next hundred.
func (h *Handler) status(w http.ResponseWriter, r *http.Request) {
	states, err := h.o.Store.Sources(r.Context())
	if err != nil {
		h.unreadable(w, err)
		return
	}
	page := h.overview(states)
	events, err := h.recent(r.Context(), states, recentShown)
	if err != nil {
		h.unreadable(w, err)
		return
	}
	for _, e := range events {
		page.Events = append(page.Events, eventView{At: h.moment(e.At), Title: e.Title, Text: e.Text, Over: e.Over})
	}
	for _, state := range h.shown(page, states, r) {
		visits, err := h.o.Store.Visits(r.Context(), state.Key)
		if err != nil {
			h.unreadable(w, err)
			return
		}
		page.Rows = append(page.Rows, h.row(state, visits))
	}
	var body bytes.Buffer
	if err := statusTemplate.Execute(&body, page); err != nil {
		h.unreadable(w, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(body.Bytes())
}

// overview is all of the page but the sources and what happened.
func (h *Handler) overview(states []news.SourceState) *statusPage {
	now := h.o.Now()
	page := &statusPage{
		Title: h.o.Site.Title, Version: h.o.Version, Go: runtime.Version(), Language: "en",
		Roles: strings.Join(h.o.Roles, ", "), Up: ago(now.Sub(h.started)), Now: h.moment(now), CanReload: h.o.Reload != nil,
	}
	if h.o.StoreBytes != nil {
		page.StoreSize = size(h.o.StoreBytes())
	}
	for _, link := range h.o.Pages {
		if link.Title != "" {
			page.Links = append(page.Links, link)
		}
	}
	counts := make(map[news.Health]int)
	for i := range states {
		counts[health.Of(&states[i], now).Health]++
	}
	for _, known := range slices.Backward(health.All()) {
		if counts[known] > 0 {
			page.Counts = append(page.Counts, count{known, counts[known]})
		}
	}
	if h.o.Config != nil {
		c := h.o.Config()
		page.Config = &configView{
			Path: c.Path, Taken: h.moment(c.Taken), Read: h.moment(c.Read), Mistakes: c.Mistakes, Restart: strings.Join(c.Restart, ", "),
		}
	}
	if since := h.o.Events.disagreedSince(); !since.IsZero() {
		differs := h.moment(since)
		page.Differs, page.DiffersAdvice = &differs, differsAdvice
	}
	var troubles []publisher.Trouble
	if h.o.Troubles != nil {
		troubles = h.o.Troubles()
	}
	for _, t := range troubles {
		page.Troubles = append(page.Troubles, troubleView{health.Line(t.Where), health.Line(t.Detail), h.moment(t.Since)})
	}
	if page.Publishing = h.o.Published != nil; page.Publishing {
		select {
		case <-h.o.Published:
			page.Published = true
		default:
		}
	}
	return page
}

// shown chooses the sources that a request asks for, the worst first, and notes
// in the page which part of them it is.
func (h *Handler) shown(page *statusPage, states []news.SourceState, r *http.Request) []*news.SourceState {
	now := h.o.Now()
	page.Only = r.URL.Query().Get("source")
	list := make([]*news.SourceState, 0, len(states))
	rank := make(map[*news.SourceState]int, len(states))
	for i := range states {
		if page.Only == "" || states[i].Name == page.Only {
			report := health.Of(&states[i], now)
			rank[&states[i]] = 2 * health.Rank(report.Health)
			if report.Reason != "" {
				rank[&states[i]]++ // on the move, though well
			}
			list = append(list, &states[i])
		}
	}
	slices.SortStableFunc(list, func(a, b *news.SourceState) int {
		return cmp.Or(cmp.Compare(rank[b], rank[a]), cmp.Compare(len(b.Warnings), len(a.Warnings)), strings.Compare(a.Name, b.Name))
	})
	number, _ := strconv.Atoi(r.URL.Query().Get("page"))
	last := max(1, (len(list)+perPage-1)/perPage)
	number = min(max(number, 1), last)
	from := (number - 1) * perPage
	to := min(from+perPage, len(list))
	page.First, page.Last, page.Total = min(from+1, to), to, len(list)
	if number > 1 {
		page.Newer = fmt.Sprintf("/status?page=%d", number-1)
	}
	if number < last {
		page.Older = fmt.Sprintf("/status?page=%d", number+1)
	}
	return list[from:to]
}

func (h *Handler) row(state *news.SourceState, visits []news.Visit) row {
	report := health.Of(state, h.o.Now())
	r := row{
		Name: state.Name, URL: health.Address(state.URL), Health: report.Health, Since: h.moment(report.Since),
		Reason: report.Reason, Advice: report.Advice, Stories: state.Stories, Failures: state.Failures,
		Visited: h.moment(state.Last.At), Next: h.moment(report.Next), Outcome: outcome(&state.Last), Chart: newChart(visits),
	}
	if strings.HasPrefix(r.URL, "http") && !strings.Contains(r.URL, "…") {
		r.Link = r.URL
	}
	for _, warning := range state.Warnings {
		r.Warnings = append(r.Warnings, health.Line(warning))
	}
	return r
}

// outcome says how a visit ended.
func outcome(v *news.Visit) string {
	switch {
	case v.At.IsZero():
		return ""
	case v.Failed():
		return "failed (" + string(v.Cause) + ")"
	case v.New+v.Changed == 0:
		return string(v.Outcome)
	}
	return fmt.Sprintf("%d new, %d changed", v.New, v.Changed)
}

// moment is a time as the page shows it: how long ago or ahead; nothing for an
// unknown one.
func (h *Handler) moment(t time.Time) moment {
	if t.IsZero() {
		return moment{}
	}
	m := moment{Machine: t.UTC().Format(time.RFC3339), Stamp: stamp(t)}
	if d := h.o.Now().Sub(t); d >= 0 {
		m.Text = ago(d) + " ago"
	} else {
		m.Text = "in " + ago(-d)
	}
	return m
}

// ago is a rough duration.
func ago(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

// size is a number of bytes for people.
func size(bytes int64) string {
	switch {
	case bytes < 1<<20:
		return fmt.Sprintf("%d KiB", bytes>>10)
	case bytes < 1<<30:
		return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20))
	}
	return fmt.Sprintf("%.1f GiB", float64(bytes)/(1<<30))
}
