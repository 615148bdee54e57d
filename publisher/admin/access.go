package admin

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// hash is that of a token: it makes tokens of any length comparable in constant
// time.
type hash [sha256.Size]byte

// hashed gives the hash of a token; nil for none, which lets everybody in.
func hashed(token string) *hash {
	if token == "" {
		return nil
	}
	h := hash(sha256.Sum256([]byte(token)))
	return &h
}

// SetToken makes another token the one that visitors must have, from the next
// request on. An empty one lets everybody in; a listener that others reach keeps
// the former one then.
func (h *Handler) SetToken(token string) {
	if token == "" && !h.o.Loopback {
		return
	}
	h.token.Store(hashed(token))
}

// rightHost is rule 1 of Handler. A request without a Host comes from no
// browser.
func (h *Handler) rightHost(r *http.Request) bool {
	if !h.o.Loopback || r.Host == "" {
		return true
	}
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.ToLower(strings.Trim(host, "[]")), ".")
	if host == "localhost" || host == strings.ToLower(h.o.Host) {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// admitted is rule 2 of Handler.
func (h *Handler) admitted(r *http.Request) bool {
	token := h.token.Load()
	if token == nil {
		return true
	}
	given, ok := bearer(r)
	if _, password, basic := r.BasicAuth(); basic {
		given, ok = password, true
	}
	got := sha256.Sum256([]byte(given))
	return subtle.ConstantTimeCompare(got[:], token[:]) == 1 && ok
}

// bearer gives the token of an Authorization header (RFC 6750 §2.1).
func bearer(r *http.Request) (token string, ok bool) {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(token), ok && strings.EqualFold(scheme, "Bearer")
}
