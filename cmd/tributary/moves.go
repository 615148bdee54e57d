package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"tributary/internal/config"
	"tributary/internal/health"
	"tributary/internal/news"
)

// move is a source that is permanently elsewhere.
type move struct {
	Name string `json:"name"`
	From string `json:"from"`
	To   string `json:"to"`
}

// acceptMoves writes the new addresses of moved sources into the config.
func (a *app) acceptMoves(ctx context.Context, asJSON bool) error {
	c, states, err := a.configured(ctx)
	if err != nil {
		return err
	}
	moves, left := acceptable(c, states)
	urls := make(map[string]string, len(moves))
	for _, m := range moves {
		urls[m.Name] = m.To
	}
	if _, err := c.ReplaceURLs(urls); err != nil {
		return failed(fmt.Errorf("the new addresses were not taken: %w", err))
	}
	if err := a.printMoves(moves, asJSON); err != nil {
		return failed(err)
	}
	if len(left) > 0 {
		return failed(fmt.Errorf("left for you to change:\n%s", strings.Join(left, "\n")))
	}
	return nil
}

// acceptable gives the moves that can be taken as they are, and says of the
// others why not:
//
//  1. Headers and credentials would go to another origin, which only a redirect
//     named. The same host with https in place of http is none.
//  2. Another source has the address, or would get it.
func acceptable(c *config.Config, states []news.SourceState) (moves []move, left []string) {
	taken := make(map[string]string, len(c.Sources()))
	for _, source := range c.Sources() {
		taken[source.URL] = source.Name
	}
	for i := range states {
		state := &states[i]
		source, ok := c.Source(state.Name)
		if !ok || state.Health != news.HealthMoved || state.URL != source.URL {
			continue // no source of this config, or its address was changed since
		}
		m := move{Name: source.Name, From: source.URL, To: state.MovedTo}
		switch other := taken[m.To]; {
		case len(source.Fetch.Headers) > 0 && !trusted(m.From, m.To):
			left = append(left, fmt.Sprintf("%s has moved to %s, another host or port, which would get its headers and credentials", m.Name, m.To))
		case other != "":
			left = append(left, fmt.Sprintf("%s has moved to %s, the address of %s: remove one of them", m.Name, m.To, other))
		default:
			taken[m.To] = m.Name
			moves = append(moves, m)
		}
	}
	return moves, left
}

// trusted reports whether what may be sent to one address may be sent to another
// one: same host, same port, or the usual port of https in place of that of http.
func trusted(from, to string) bool {
	a, err1 := url.Parse(from)
	b, err2 := url.Parse(to)
	if err1 != nil || err2 != nil || !strings.EqualFold(a.Hostname(), b.Hostname()) {
		return false
	}
	upgraded := a.Scheme == "http" && b.Scheme == "https"
	return a.Scheme == b.Scheme && port(a) == port(b) || upgraded && port(a) == "80" && port(b) == "443"
}

// port is the port of an address, that of its scheme where it names none.
func port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}

func (a *app) printMoves(moves []move, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(a.stdout).Encode(slices.Concat([]move{}, moves))
	}
	if len(moves) == 0 {
		_, err := fmt.Fprintln(a.stdout, "no new address to take")
		return err
	}
	for _, m := range moves {
		if _, err := fmt.Fprintf(a.stdout, "%s: %s is now %s\n", m.Name, health.Address(m.From), health.Address(m.To)); err != nil {
			return err
		}
	}
	return nil
}
