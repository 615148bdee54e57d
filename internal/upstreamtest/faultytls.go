package upstreamtest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// TLSFault is what is wrong with a TLS listener. Everything else about it is
// right: its certificate is for 127.0.0.1, valid today, and signed by the
// authority of [FaultyTLS.Authority].
type TLSFault string

// The faults.
const (
	NoFault     TLSFault = "none"
	Expired     TLSFault = "expired"      // the certificate was valid until yesterday
	NotYet      TLSFault = "not yet"      // the certificate is valid from tomorrow
	WrongHost   TLSFault = "wrong host"   // the certificate is for wrong-host.test
	SelfSigned  TLSFault = "self-signed"  // no authority vouches for the certificate
	OldVersion  TLSFault = "old version"  // TLS 1.1 is the newest that it speaks
	NoHandshake TLSFault = "no handshake" // it takes what it is sent and says nothing
)

// FaultyTLS serves a [Server] over TLS that is not as it should be. It is safe
// for concurrent use.
type FaultyTLS struct {
	server    *Server
	authority *x509.Certificate
	key       *ecdsa.PrivateKey

	mu   sync.Mutex
	urls map[TLSFault]string
}

// NewFaultyTLS makes listeners for the paths of s, each started when it is
// first asked for and stopped with the test.
func NewFaultyTLS(tb testing.TB, s *Server) *FaultyTLS {
	tb.Helper()
	f := &FaultyTLS{server: s, key: newKey(), urls: make(map[TLSFault]string)}
	template := f.template(big.NewInt(1))
	template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign
	f.authority = certify(template, template, f.key, f.key)
	return f
}

// Authority is the certificate that vouches for all but SelfSigned, as PEM.
func (f *FaultyTLS) Authority() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: f.authority.Raw})
}

// URL is the address of a path under a fault.
func (f *FaultyTLS) URL(fault TLSFault, path string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.urls[fault] == "" {
		f.urls[fault] = f.listen(fault)
	}
	return f.urls[fault] + path
}

func (f *FaultyTLS) listen(fault TLSFault) (url string) {
	if fault == NoHandshake {
		return f.listenDeaf()
	}
	ctx, cancel := context.WithCancel(context.Background())
	server := httptest.NewUnstartedServer(f.server)
	server.Config.BaseContext = func(net.Listener) context.Context { return ctx }
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{f.certificate(fault)}, MinVersion: tls.VersionTLS10}
	if fault == OldVersion {
		server.TLS.MaxVersion = tls.VersionTLS11
	}
	server.StartTLS()
	f.server.tb.Cleanup(func() {
		cancel()
		server.CloseClientConnections()
		server.Close()
	})
	return server.URL
}

// listenDeaf takes connections and what comes over them.
func (f *FaultyTLS) listenDeaf() (url string) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		panic("upstreamtest: " + err.Error()) // as httptest does
	}
	f.server.tb.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_, _ = io.Copy(io.Discard, conn)
			}()
		}
	}()
	return "https://" + listener.Addr().String()
}

func (f *FaultyTLS) certificate(fault TLSFault) tls.Certificate {
	template := f.template(big.NewInt(2))
	switch fault {
	case Expired:
		template.NotBefore, template.NotAfter = time.Now().AddDate(0, 0, -9), time.Now().AddDate(0, 0, -1)
	case NotYet:
		template.NotBefore, template.NotAfter = time.Now().AddDate(0, 0, 1), time.Now().AddDate(0, 0, 9)
	case WrongHost:
		template.IPAddresses, template.DNSNames = nil, []string{"wrong-host.test"}
	}
	key := newKey()
	parent, signer := f.authority, f.key
	if fault == SelfSigned {
		parent, signer = template, key
	}
	return tls.Certificate{Certificate: [][]byte{certify(template, parent, key, signer).Raw}, PrivateKey: key}
}

func (f *FaultyTLS) template(serial *big.Int) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: "upstreamtest " + serial.String()},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
	}
}

func newKey() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic("upstreamtest: " + err.Error()) // the system has no randomness
	}
	return key
}

// certify signs the certificate of a key.
func certify(template, parent *x509.Certificate, key, signer *ecdsa.PrivateKey) *x509.Certificate {
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		panic("upstreamtest: " + err.Error()) // the templates are constant
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		panic("upstreamtest: " + err.Error())
	}
	return certificate
}
