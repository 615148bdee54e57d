package safehttp

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"code.dny.dev/ssrf"
)

// defaultPorts are those that web servers listen on.
var defaultPorts = []uint16{80, 443, 8080, 8443}

// wireServer is where Azure answers its virtual machines, credentials
// included: a public address that is private all the same.
var wireServer = netip.MustParsePrefix("168.63.129.16/32")

// guard decides which addresses one pool may dial.
type guard struct {
	special *ssrf.Guardian // refuses every special-purpose range
	allowed []netip.Prefix
	ports   []uint16
}

func newGuard(everyone, own []netip.Prefix, port uint16) *guard {
	g := &guard{
		special: ssrf.New(ssrf.WithAnyPort(), ssrf.WithDeniedV4Prefixes(wireServer)),
		ports:   defaultPorts,
	}
	for _, prefix := range slices.Concat(everyone, own) {
		if prefix.IsValid() {
			g.allowed = append(g.allowed, prefix.Masked())
		}
	}
	if port != 0 {
		g.ports = append(slices.Clip(defaultPorts), port)
	}
	return g
}

// control is a [net.Dialer] Control: it sees each address just before it is
// connected to.
func (g *guard) control(network, address string, conn syscall.RawConn) error {
	target, err := netip.ParseAddrPort(address)
	if err != nil {
		return &blockedError{fmt.Sprintf("%s is no address", address)}
	}
	// 127.0.0.1 and ::ffff:127.0.0.1 are one address to the kernel.
	target = netip.AddrPortFrom(target.Addr().Unmap(), target.Port())
	if g.allows(target.Addr()) {
		return nil
	}
	if err := g.special.Safe(network, target.String(), conn); err != nil {
		return &blockedError{fmt.Sprintf("%s is not a public address; allow_networks can open it", target.Addr())}
	}
	return g.checkPort(target.Port())
}

// allows reports whether an address is inside an allowed network.
func (g *guard) allows(addr netip.Addr) bool {
	addr = addr.Unmap()
	return slices.ContainsFunc(g.allowed, func(p netip.Prefix) bool { return p.Contains(addr) })
}

func (g *guard) checkPort(port uint16) error {
	if !slices.Contains(g.ports, port) {
		return &blockedError{fmt.Sprintf("port %d is not open to redirects; only the configured URL can name it", port)}
	}
	return nil
}

// checkURL checks what can be seen of a target that somebody else resolves:
// an address that stands in the URL, names of the machine itself, the port.
func (g *guard) checkURL(u *url.URL) error {
	port, err := strconv.ParseUint(portOf(u), 10, 16)
	if err != nil {
		return &blockedError{"the URL has no valid port"}
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		host = "127.0.0.1"
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return g.checkPort(uint16(port))
	}
	network := "tcp4"
	if addr.Unmap().Is6() {
		network = "tcp6"
	}
	return g.control(network, netip.AddrPortFrom(addr, uint16(port)).String(), nil)
}

// blockedError is a refusal by the guard.
type blockedError struct{ reason string }

func (e *blockedError) Error() string { return e.reason }

// namedPort gives the port that a URL names where it isn't a usual one, else 0.
func namedPort(u *url.URL) uint16 {
	if u.Port() == "" {
		return 0
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	if err != nil || slices.Contains(defaultPorts, uint16(port)) {
		return 0
	}
	return uint16(port)
}

// checkTarget refuses URLs by what they look like; what they resolve to is the
// guard's business.
func checkTarget(u *url.URL) error {
	if u.Scheme != "http" && u.Scheme != "https" {
		return &blockedError{fmt.Sprintf("%.20q is not http or https", u.Scheme)}
	}
	host := u.Hostname()
	if host == "" {
		return &blockedError{"the URL has no host"}
	}
	if _, err := netip.ParseAddr(host); err != nil && endsInNumber(host) {
		return &blockedError{fmt.Sprintf("%.60q is a number in disguise, not a host", host)}
	}
	return nil
}

// endsInNumber reports whether a host's last label is a number, decimal, octal
// or hexadecimal: what the C library and browsers read as an IPv4 address
// (WHATWG URL §3.5, "ends in a number checker"). No top-level domain is one.
func endsInNumber(host string) bool {
	host = strings.TrimSuffix(host, ".")
	last := host[strings.LastIndexByte(host, '.')+1:]
	if last == "" {
		return false
	}
	if digits, found := strings.CutPrefix(strings.ToLower(last), "0x"); found {
		return strings.Trim(digits, "0123456789abcdef") == ""
	}
	return strings.Trim(last, "0123456789") == ""
}
