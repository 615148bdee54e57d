package upstreamtest_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"tributary/internal/upstreamtest"
)

func TestFaultyTLS(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Set("/a", "body")
	faulty := upstreamtest.NewFaultyTLS(t, up)
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(faulty.Authority()) {
		t.Fatal("the authority is no PEM")
	}
	c := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, TLSHandshakeTimeout: 5 * time.Second}}
	t.Cleanup(c.CloseIdleConnections)
	if _, body, err := get(t, c, faulty.URL(upstreamtest.NoFault, "/a")); err != nil || body != "body" {
		t.Errorf("without a fault: %q, %v", body, err)
	}
	for fault, want := range map[upstreamtest.TLSFault]string{
		upstreamtest.Expired:    "expired",
		upstreamtest.NotYet:     "not yet valid",
		upstreamtest.WrongHost:  "127.0.0.1",
		upstreamtest.SelfSigned: "unknown authority",
		upstreamtest.OldVersion: "version",
	} {
		if _, _, err := get(t, c, faulty.URL(fault, "/a")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", fault, err, want)
		}
	}
	silent := &http.Client{Transport: &http.Transport{TLSHandshakeTimeout: 20 * time.Millisecond}}
	if _, _, err := get(t, silent, faulty.URL(upstreamtest.NoHandshake, "/a")); err == nil || !strings.Contains(err.Error(), "handshake timeout") {
		t.Errorf("no handshake: %v", err)
	}
}

func TestResolver(t *testing.T) {
	t.Parallel()
	resolver := upstreamtest.Resolver(func(host string) []string {
		if host == "both.test" {
			return []string{"127.0.0.2", "::ffff:127.0.0.3", "2001:db8::1"}
		}
		return nil
	})
	got, err := resolver.LookupHost(t.Context(), "both.test")
	slices.Sort(got)
	if want := []string{"127.0.0.2", "127.0.0.3", "2001:db8::1"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
	_, err = resolver.LookupHost(t.Context(), "nobody.test")
	if dns, ok := errors.AsType[*net.DNSError](err); !ok || !dns.IsNotFound {
		t.Errorf("nobody: %v", err)
	}
}

func TestDripHeader(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Script("/a", upstreamtest.DripHeader(time.Millisecond))
	c := client(up, false)
	c.Timeout = 50 * time.Millisecond
	if _, _, err := get(t, c, up.URL("/a")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want no answer in time", err)
	}
}
