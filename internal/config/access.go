package config

import (
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// noProxy takes a proxy back that [fetch] or [host] names.
const noProxy = "none"

// headers reads what is sent to the source's host beside our own headers.
func (b *builder) headers(t *table, s *settings) {
	list := t.table("headers", "headers")
	if list == nil {
		return
	}
	list.secret = true
	ownHeaderMap(s, len(list.values))
	seen := make(map[string]bool, len(list.values))
	for _, name := range slices.Sorted(maps.Keys(list.values)) {
		var value string
		if !b.secret(list, name, &value) {
			continue
		}
		canonical := http.CanonicalHeaderKey(name)
		err := checkHeader(name, value)
		if err == nil && seen[canonical] {
			err = &cured{fmt.Errorf("%s is there twice, but for the case of its letters", canonical), "take one of them out"}
		}
		if err != nil {
			list.fail(name, "headers: "+err.Error(), cureOf(err))
			continue
		}
		seen[canonical] = true
		s.Fetch.Headers[canonical] = value
	}
}

// ownHeaderMap makes the headers of s its own: until then it shares them with
// what lies below it.
func ownHeaderMap(s *settings, more int) {
	below := s.Fetch.Headers
	s.Fetch.Headers = make(map[string]string, len(below)+more)
	maps.Copy(s.Fetch.Headers, below)
}

// credentials reads basic (RFC 7617) or bearer (RFC 6750) credentials, which
// are a header that need not be written by hand.
func (b *builder) credentials(t *table, s *settings) {
	var user, password, bearer string
	t.checked("username", &user, checkUsername)
	intact := b.credential(t, "password", &password)
	intact = b.credential(t, "bearer", &bearer) && intact
	switch {
	case !intact:
		return
	case bearer != "" && (user != "" || password != ""):
		t.fail("bearer", "bearer and password can't both be sent", "leave one of them out")
		return
	case user == "" && password != "" && !t.has("username"):
		t.fail("password", "a password needs a username", `as in username = "jane"`)
		return
	case user != "" && password == "":
		t.fail("username", "a username needs a password", `as in password = "${NAME}"`)
		return
	case user == "" && bearer == "":
		return
	}
	if headers, ok := t.values["headers"].(map[string]any); ok && hasAuthorization(headers) {
		t.fail("headers", "headers has an Authorization already, which username, password and bearer make", "leave one of them out")
		return
	}
	ownHeaderMap(s, 1)
	s.Fetch.Headers["Authorization"] = "Bearer " + bearer
	if user != "" {
		s.Fetch.Headers["Authorization"] = "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
	}
}

func (b *builder) credential(t *table, key string, to *string) bool {
	if !b.secret(t, key, to) {
		return false
	}
	if *to == "" {
		return true
	}
	if err := checkHeader("Authorization", *to); err != nil {
		t.fail(key, key+" has control characters", "a line end may have come along with it: take it out")
		return false
	}
	return true
}

func hasAuthorization(headers map[string]any) bool {
	return slices.ContainsFunc(slices.Collect(maps.Keys(headers)), func(name string) bool {
		return strings.EqualFold(name, "Authorization")
	})
}

// proxy reads the proxy to go through. Its URL may hold a password, so it is a
// secret as a whole.
func (b *builder) proxy(t *table, s *settings) {
	var address string
	if !b.secret(t, "proxy", &address) || address == "" {
		return
	}
	if address == noProxy {
		s.Fetch.Proxy = ""
		return
	}
	if err := checkProxy(address); err != nil {
		t.fail("proxy", "proxy: "+err.Error(), cureOf(err))
		return
	}
	s.Fetch.Proxy = address
}

// checkProxy must not repeat the address in its error.
func checkProxy(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Hostname() == "" || !slices.Contains([]string{"http", "https", "socks5"}, u.Scheme):
		return errors.New(`write the URL of a proxy (http, https or socks5), as in "http://proxy.example:3128", or "none"`)
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		return &cured{errors.New("the URL of a proxy has no path"), "cut it off after the port"}
	}
	return nil
}

// authority reads certificates that are trusted beside the system's. Sources
// may share a file; it is read once.
func (b *builder) authority(t *table, s *settings) {
	var name string
	if !t.text("ca_file", &name) {
		return
	}
	path := t.doc.resolve(name)
	pem, known := b.authorities[path]
	if !known {
		data, err := readFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			t.fail("ca_file", fmt.Sprintf("ca_file: there is no file %q", name), "the path is relative to the file that it stands in")
			return
		}
		if err != nil {
			t.fail("ca_file", fmt.Sprintf("ca_file: %v", err), "")
			return
		}
		if !x509.NewCertPool().AppendCertsFromPEM(data) {
			t.fail("ca_file", fmt.Sprintf("ca_file: %s holds no certificate", name), "it needs one in PEM form, which starts with -----BEGIN CERTIFICATE-----")
			return
		}
		pem = string(data)
		b.authorities[path] = pem
		b.config.files = append(b.config.files, path)
		b.config.noteRead(path, data)
	}
	s.Fetch.CA = pem
}
