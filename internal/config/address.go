package config

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
)

// address is where a source is read. It is parsed once: there are tens of
// thousands.
type address struct {
	text string
	url  *url.URL // nil for a file, and for none
}

// parseAddress reads an address that was checked.
func parseAddress(text string) address {
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "file" {
		return address{text: text}
	}
	return address{text, u}
}

// checkSource wants http(s)://… or file:PATH, and makes the path absolute.
func checkSource(doc *document, text string) (address, error) {
	path, ok := strings.CutPrefix(text, "file:")
	if !ok {
		u, err := parseWeb(text)
		if err == nil {
			return address{text, u}, nil
		}
		if other, malformed := url.Parse(text); malformed == nil && other.Scheme != "http" && other.Scheme != "https" {
			err = &cured{errors.New("only http, https and file: addresses can be read"), schemeCure(other)}
		}
		return address{}, err
	}
	if strings.HasPrefix(path, "//") { // file:///path
		if path = path[2:]; !filepath.IsAbs(path) {
			return address{}, errors.New("file: takes a path on this machine: write file:PATH or file:///PATH")
		}
	}
	if path == "" || strings.Contains(path, "${") {
		return address{}, errors.New("file: takes the path of a file")
	}
	return address{text: "file:" + doc.resolve(path)}, nil
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

// host gives host, lower case, and port; nothing for a file.
func (a address) host() (host, port string) {
	if a.url == nil {
		return "", ""
	}
	port = a.url.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[a.url.Scheme]
	}
	return strings.ToLower(a.url.Hostname()), port
}

// alike writes equal addresses alike: case of scheme and host, a default
// port and a fragment tell nothing apart.
func (a address) alike() string {
	if a.url == nil {
		return a.text
	}
	u := *a.url
	u.Host, u.Fragment = net.JoinHostPort(a.host()), ""
	if u.Path == "" {
		u.Path = "/"
	}
	return u.String()
}

// inside reports whether the host is an address, or this machine, within
// networks. Other names are not looked up: a config must read alike everywhere.
func (a address) inside(networks []netip.Prefix) bool {
	if len(networks) == 0 {
		return false
	}
	host, _ := a.host()
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
