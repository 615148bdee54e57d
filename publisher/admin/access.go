package admin

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// hashed makes tokens of any length comparable in constant time.
func hashed(token string) [32]byte { return sha256.Sum256([]byte(token)) }

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
	if h.o.Token == "" {
		return true
	}
	given, ok := bearer(r)
	if _, password, basic := r.BasicAuth(); basic {
		given, ok = password, true
	}
	hash := hashed(given)
	return subtle.ConstantTimeCompare(hash[:], h.token[:]) == 1 && ok
}

// bearer gives the token of an Authorization header (RFC 6750 §2.1).
func bearer(r *http.Request) (token string, ok bool) {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(token), ok && strings.EqualFold(scheme, "Bearer")
}
