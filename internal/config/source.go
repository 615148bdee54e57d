package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"tributary/internal/rule"
)

// source reads a [[source]] over its [host] block over [fetch].
func (b *builder) source(t *table) {
	var name, address string
	hasName := t.checked("name", &name, checkName)
	hasURL := t.checked("url", &address, func(s string) (string, error) { return checkSource(t.doc, s) })
	for _, need := range []struct{ key, example string }{{"name", "my-blog"}, {"url", "https://example.org/feed.xml"}} {
		if !t.has(need.key) || t.values[need.key] == "" {
			t.failHere("a [[source]] needs a "+need.key, fmt.Sprintf("add one, as in %s = %q", need.key, need.example))
		}
	}
	s := b.base
	b.ownOfHost(address, &s)
	b.own(t, &s)
	t.finish()
	if hasName {
		b.unique(t, b.names, "name", name, "another source is named "+name, "name it otherwise, or take one of them out")
	}
	if hasURL {
		b.unique(t, b.urls, "url", alike(address), "another source has this url", "take one of them out: a source may have several tags and be in several feeds")
	}
	s.Name, s.URL = name, address
	host, _ := hostOf(address)
	s.Fetch.Unpaced = !s.paced && (s.IsFile() || inside(host, s.Fetch.AllowNetworks))
	b.config.byName[name] = len(b.config.sources)
	b.config.sources = append(b.config.sources, s.Source)
	b.config.urls = append(b.config.urls, urlPlaceOf(t))
}

// ownOfHost lays the [host] blocks of an address over settings.
func (b *builder) ownOfHost(address string, s *settings) {
	if len(b.hosts) == 0 {
		return
	}
	host, port := hostOf(address)
	for _, key := range []string{host, net.JoinHostPort(host, port)} {
		if block := b.hosts[key]; block != nil {
			b.own(block, s)
		}
	}
}

// unique notes where a value is defined, and tells the second time.
func (b *builder) unique(t *table, seen map[string]definition, key, value, message, hint string) {
	if before, ok := seen[value]; ok {
		t.fail(key, message+": see "+before.String(), hint)
		return
	}
	seen[value] = definition{t, key}
}

// definition is where a value was defined. Its place is looked up only when
// somebody asks: there are tens of thousands.
type definition struct {
	table *table
	key   string
}

// String gives file and line.
func (d definition) String() string { return d.table.placeOf(d.key) }

// checkSource wants http(s)://… or file:PATH, and makes the path absolute.
func checkSource(doc *document, address string) (string, error) {
	path, ok := strings.CutPrefix(address, "file:")
	if !ok {
		u, err := url.Parse(address)
		if err == nil && u.Scheme != "http" && u.Scheme != "https" {
			return "", &cured{errors.New("only http, https and file: addresses can be read"), schemeCure(u)}
		}
		return checkWeb(address)
	}
	if strings.HasPrefix(path, "//") { // file:///path
		if path = path[2:]; !filepath.IsAbs(path) {
			return "", errors.New("file: takes a path on this machine: write file:PATH or file:///PATH")
		}
	}
	if path == "" || strings.Contains(path, "${") {
		return "", errors.New("file: takes the path of a file")
	}
	return "file:" + doc.resolve(path), nil
}

// schemeCure tells what to write for an address without a scheme, or with one
// of which browsers make https. The address may hold a password: it is not told.
func schemeCure(u *url.URL) string {
	first, _, _ := strings.Cut(u.Path, "/")
	switch {
	case u.Scheme == "feed":
		return "write https:// instead of feed:"
	case u.Scheme == "" && strings.HasPrefix(u.Path, "/"):
		return "write file: before a path on this machine"
	case u.Scheme == "" && strings.Contains(first, "."):
		return "write https:// before it, or file: before a path on this machine"
	}
	return ""
}

// hostOf gives host, lower case, and port of a source; nothing for a file.
func hostOf(address string) (host, port string) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "file" {
		return "", ""
	}
	port = u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return strings.ToLower(u.Hostname()), port
}

// alike writes equal addresses alike: case of scheme and host, a default
// port and a fragment tell nothing apart.
func alike(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "file" {
		return address
	}
	host, port := hostOf(address)
	u.Host, u.Fragment = net.JoinHostPort(host, port), ""
	if u.Path == "" {
		u.Path = "/"
	}
	return u.String()
}

// inside reports whether a host is an address, or this machine, within
// networks. Other names are not looked up: a config must read alike everywhere.
func inside(host string, networks []netip.Prefix) bool {
	var addresses []netip.Addr
	if host == "localhost" {
		addresses = []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}
	} else if ip, err := netip.ParseAddr(host); err == nil {
		addresses = []netip.Addr{ip.Unmap()}
	}
	return slices.ContainsFunc(addresses, func(ip netip.Addr) bool {
		return slices.ContainsFunc(networks, func(p netip.Prefix) bool { return p.Contains(ip) })
	})
}

// checkHostPort wants what a [host."…"] block can be named: a host or
// address, with a port or without.
func checkHostPort(text string) (string, error) {
	host := strings.ToLower(text)
	if name, port, err := net.SplitHostPort(host); err == nil {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return "", fmt.Errorf("%q is no host: write a name without scheme and path", text)
		}
		if net.ParseIP(name) != nil {
			return host, nil
		}
		_, err := checkHost(name)
		return host, err
	}
	if net.ParseIP(host) != nil {
		return host, nil
	}
	return checkHost(host)
}

// where reads a rule and puts its mistakes into the place of the file.
func where(t *table, to *string) {
	var source string
	if !t.text("where", &source) {
		return
	}
	_, err := rule.Compile(source)
	var bad *rule.Error
	switch {
	case err == nil:
		*to = source
	case errors.As(err, &bad):
		t.ruleError(source, bad)
	default:
		t.fail("where", "where: "+err.Error(), "")
	}
}

// ruleError shows a mistake inside a rule. When the rule stands in the file as
// it is, without escapes, the place is exact; otherwise it is told in words.
func (t *table) ruleError(source string, bad *rule.Error) {
	at := t.doc.places[join(t.path, "where")]
	before, _, verbatim := strings.Cut(at.raw, source)
	if !verbatim {
		t.fail("where", fmt.Sprintf("where: %s (at %d:%d of the rule)", bad.Message, bad.Line, bad.Column), bad.Hint)
		return
	}
	offset := at.value + len(before)
	lines := strings.SplitAfter(source, "\n")
	for _, line := range lines[:bad.Line-1] {
		offset += len(line)
	}
	column := 1
	for i := range lines[bad.Line-1] + " " {
		if column == bad.Column {
			offset += i
			break
		}
		column++
	}
	t.note(t.doc.errorAt(offset, "where: "+bad.Message, bad.Hint))
}
