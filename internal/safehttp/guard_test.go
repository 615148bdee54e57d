package safehttp

import (
	"errors"
	"net/netip"
	"net/url"
	"testing"
)

func TestGuardAddresses(t *testing.T) {
	t.Parallel()
	prefix := netip.MustParsePrefix
	everyone := []netip.Prefix{prefix("10.2.0.0/16"), {}}
	own := []netip.Prefix{prefix("192.168.7.9/24"), prefix("fd00:7::/32")}
	for _, row := range []struct {
		address string
		port    uint16 // named by the URL
		open    bool
		reason  string
	}{
		{"93.184.215.14:80", 0, true, "public"},
		{"93.184.215.14:443", 0, true, "public"},
		{"93.184.215.14:8443", 0, true, "public"},
		{"[2606:2800:21f:cb07::1]:8080", 0, true, "public"},
		{"[::ffff:93.184.215.14]:80", 0, true, "public, mapped"},
		{"93.184.215.14:22", 0, false, "a port that no one named"},
		{"93.184.215.14:8000", 8000, true, "the named port"},
		{"93.184.215.14:8001", 8000, false, "another than the named port"},
		{"127.0.0.1:80", 0, false, "loopback"},
		{"127.8.9.10:80", 0, false, "loopback is a /8"},
		{"0.0.0.0:80", 0, false, "this host"},
		{"[::]:80", 0, false, "this host"},
		{"[::1]:80", 0, false, "loopback"},
		{"[::ffff:127.0.0.1]:80", 0, false, "loopback, mapped"},
		{"[::127.0.0.1]:80", 0, false, "loopback, IPv4-compatible"},
		{"[64:ff9b::7f00:1]:80", 0, false, "loopback through NAT64"},
		{"[64:ff9b:1::7f00:1]:80", 0, false, "local NAT64"},
		{"[2002:7f00:1::]:80", 0, false, "loopback through 6to4"},
		{"[2001::7f00:1]:80", 0, false, "Teredo"},
		{"10.0.0.1:80", 0, false, "private"},
		{"10.2.3.4:80", 0, true, "private, opened for all"},
		{"10.2.3.4:25", 0, true, "any port in an opened network"},
		{"[::ffff:10.2.3.4]:80", 0, true, "opened, mapped"},
		{"192.168.7.200:9000", 0, true, "opened for the source, prefix not masked"},
		{"192.168.8.1:80", 0, false, "beside what was opened"},
		{"[fd00:7::1]:80", 0, true, "opened for the source"},
		{"[fd00:8::1]:80", 0, false, "unique local"},
		{"172.16.0.1:80", 0, false, "private"},
		{"169.254.169.254:80", 0, false, "cloud metadata"},
		{"168.63.129.16:80", 0, false, "cloud metadata on a public address"},
		{"[fe80::1%eth0]:80", 0, false, "link-local with a zone"},
		{"[fd00:ec2::254]:80", 0, false, "cloud metadata"},
		{"100.64.0.1:80", 0, false, "carrier-grade NAT"},
		{"198.18.0.1:80", 0, false, "benchmarking"},
		{"192.0.2.1:80", 0, false, "documentation"},
		{"224.0.0.1:80", 0, false, "multicast"},
		{"255.255.255.255:80", 0, false, "broadcast"},
		{"[ff02::1]:80", 0, false, "multicast"},
		{"[2001:db8::1]:80", 0, false, "documentation"},
		{"localhost:80", 0, false, "no address at all"},
	} {
		network := "tcp4"
		if row.address[0] == '[' {
			network = "tcp6"
		}
		err := newGuard(everyone, own, row.port).control(network, row.address, nil)
		if (err == nil) != row.open {
			t.Errorf("%s: %v; open %t wanted: %s", row.address, err, row.open, row.reason)
		}
		if blocked := new(blockedError); err != nil && !errors.As(err, &blocked) {
			t.Errorf("%s: %T", row.address, err)
		}
	}
	if newGuard(nil, nil, 0).control("udp4", "93.184.215.14:80", nil) == nil {
		t.Error("UDP passes")
	}
}

func TestCheckTarget(t *testing.T) {
	t.Parallel()
	for raw, open := range map[string]bool{
		"http://example.org/":        true,
		"https://example.org:99/":    true,
		"http://1.example/":          true,
		"http://example.0xyz/":       true,
		"http://93.184.215.14/":      true,
		"http://[2606:2800::1]/":     true,
		"http://localhost/":          true, // the guard sees its address
		"file:///etc/passwd":         false,
		"gopher://example.org/":      false,
		"http:///path":               false,
		"http://:80/":                false,
		"mailto:someone@example.org": false,
		"http://127.1/":              false,
		"http://2130706433/":         false,
		"http://0x7f000001/":         false,
		"http://0X7F.1/":             false,
		"http://0x/":                 false,
		"http://0177.0.0.1/":         false,
		"http://127.0.0.01/":         false,
		"http://127.0.0.1./":         false,
		"http://127.0.0.1.5/":        false,
		"http://example.1/":          false,
		"http://1.2.3.256/":          false,
	} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if err := checkTarget(u); (err == nil) != open {
			t.Errorf("%s: %v, open %t wanted", raw, err, open)
		}
	}
}

func TestPoolsByRoute(t *testing.T) {
	t.Parallel()
	c := New(Options{})
	get := func(r route) *pool {
		p, err := c.pool(&r)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	lan := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	same := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	if get(route{}) != c.base {
		t.Error("no route of its own, yet not the shared pool")
	}
	odd := get(route{port: 8000})
	if get(route{allow: lan}) != get(route{allow: same}) || get(route{port: 8000}) != odd {
		t.Error("equal routes have two pools")
	}
	pools := map[*pool]bool{c.base: true}
	for _, other := range []*pool{
		get(route{allow: lan}), odd, get(route{port: 8001}), get(route{allow: lan, port: 8000}),
		get(route{allow: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/9")}}), get(route{http1: true}),
		get(route{proxy: "http://a.example"}), get(route{proxy: "http://b.example"}),
	} {
		if pools[other] {
			t.Error("different routes share a pool")
		}
		pools[other] = true
	}
	for _, wrong := range []route{{proxy: "ftp://a.example"}, {roots: "no PEM"}} {
		if _, err := c.pool(&wrong); err == nil {
			t.Errorf("%+v has a pool", wrong)
		}
	}
}

func FuzzCheckTarget(f *testing.F) {
	f.Add("http://0x7f.1/")
	f.Add("http://[::1%25eth0]:80/")
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := url.Parse(raw)
		if err != nil || checkTarget(u) != nil {
			return
		}
		if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
			t.Fatalf("%q passes", raw)
		}
	})
}
