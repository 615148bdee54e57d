package fastpath

import (
	"bufio"
	"net/http"
	"strings"
	"testing"
)

// plainSeeds are requests that must be answered.
var plainSeeds = []struct {
	text string
	want Request
	why  string
}{
	{"GET / HTTP/1.1\r\nHost: x\r\n\r\n", Request{Path: "/"}, "the least there is"},
	{"GET /news/latest.rss HTTP/1.1\r\nHost: x.example:8080\r\n\r\n", Request{Path: "/news/latest.rss"}, "a port"},
	{"GET /a HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", Request{Path: "/a"}, "an address"},
	{"GET /a HTTP/1.1\r\nHost: x\r\nUser-Agent: Reader/1.0 (+https://x.example)\r\nAccept: */*\r\nAccept-Encoding: gzip, br\r\n" +
		"If-None-Match: W/\"a,b\"\r\nIf-Modified-Since: Sun, 01 Mar 2026 12:00:00 GMT\r\nConnection: Keep-Alive\r\n\r\n",
		Request{"/a", "gzip, br", `W/"a,b"`, "Sun, 01 Mar 2026 12:00:00 GMT"}, "all that counts"},
	{"GET /a HTTP/1.1\r\nhOST:x\r\nACCEPT-ENCODING:\t gzip \t\r\n\r\n", Request{Path: "/a", AcceptEncoding: "gzip"}, "case and white space mean nothing"},
	{"GET /a HTTP/1.1\r\nHost: x\r\nIf-None-Match:\r\n\r\n", Request{Path: "/a"}, "an empty value"},
	{"GET /a HTTP/1.1\r\nHost: x\r\nCookie: a=1\r\nCookie: b=2\r\nX-Forwarded-For: 10.0.0.1\r\nX-Forwarded-For: 10.0.0.2\r\nSec-Fetch-Mode: cors\r\n\r\n",
		Request{Path: "/a"}, "harmless fields may come twice"},
}

func TestParseTakesPlainRequests(t *testing.T) {
	t.Parallel()
	for _, row := range plainSeeds {
		if got, ok := parse(row.text); !ok || got != row.want {
			t.Errorf("%s: %q gives %+v, %t; want %+v", row.why, row.text, got, ok, row.want)
		}
	}
}

// otherSeeds are for net/http, however it answers them.
var otherSeeds = []struct{ text, why string }{
	{"", "nothing"},
	{"GET /a HTTP/1.1\r\nHost: x\r\n", "no end yet"},
	{"GET /a HTTP/1.1\r\nHost: x\r\n\r", "no end yet, not even a line's"},
	{"GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n", "two requests"},
	{"GET /a HTTP/1.1\r\nHost: x\r\n\r\n\r\n", "something behind the request"},
	{"\r\nGET /a HTTP/1.1\r\nHost: x\r\n\r\n", "an empty line before it"},
	{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/2"},
	{"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "TLS"},

	{"HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n", "another method"},
	{"get /a HTTP/1.1\r\nHost: x\r\n\r\n", "a method in lower case"},
	{"GET /a HTTP/1.0\r\nHost: x\r\n\r\n", "an old version"},
	{"GET /a HTTP/1.10\r\nHost: x\r\n\r\n", "no version"},
	{"GET /a http/1.1\r\nHost: x\r\n\r\n", "a version in lower case"},
	{"GET /a\r\nHost: x\r\n\r\n", "HTTP/0.9"},
	{"GET  /a HTTP/1.1\r\nHost: x\r\n\r\n", "two spaces"},
	{"GET /a  HTTP/1.1\r\nHost: x\r\n\r\n", "two spaces behind the path"},
	{"GET /a HTTP/1.1 \r\nHost: x\r\n\r\n", "a space behind it"},
	{"GET\t/a HTTP/1.1\r\nHost: x\r\n\r\n", "a tab"},
	{" GET /a HTTP/1.1\r\nHost: x\r\n\r\n", "a space in front"},
	{"GET http://x/a HTTP/1.1\r\nHost: x\r\n\r\n", "absolute form"},
	{"GET a HTTP/1.1\r\nHost: x\r\n\r\n", "no slash"},
	{"GET * HTTP/1.1\r\nHost: x\r\n\r\n", "asterisk form"},
	{"GET  HTTP/1.1\r\nHost: x\r\n\r\n", "no path"},
	{"GET /a?b HTTP/1.1\r\nHost: x\r\n\r\n", "a query"},
	{"GET /a? HTTP/1.1\r\nHost: x\r\n\r\n", "an empty query"},
	{"GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n", "a fragment"},
	{"GET /%61 HTTP/1.1\r\nHost: x\r\n\r\n", "an escape"},
	{"GET //x/a HTTP/1.1\r\nHost: x\r\n\r\n", "a path like a host"},
	{"GET /a//b HTTP/1.1\r\nHost: x\r\n\r\n", "an empty segment"},
	{"GET /a/../b HTTP/1.1\r\nHost: x\r\n\r\n", "a way up"},
	{"GET /./a HTTP/1.1\r\nHost: x\r\n\r\n", "a dot"},
	{"GET /a\\b HTTP/1.1\r\nHost: x\r\n\r\n", "a backslash"},
	{"GET /\xc3\xa4 HTTP/1.1\r\nHost: x\r\n\r\n", "no ASCII"},
	{"GET /a\x00 HTTP/1.1\r\nHost: x\r\n\r\n", "NUL in the path"},

	{"GET /a HTTP/1.1\r\n\r\n", "no Host"},
	{"GET /a HTTP/1.1\r\nHost:\r\n\r\n", "an empty Host"},
	{"GET /a HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", "two Hosts"},
	{"GET /a HTTP/1.1\r\nHost: x y\r\n\r\n", "no Host's value"},
	{"GET /a HTTP/1.1\r\nHost: x@y\r\n\r\n", "a Host with a user"},
	{"GET /a HTTP/1.1\r\nHost: x/y\r\n\r\n", "a Host with a path"},

	{"GET /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "a length"},
	{"GET /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "two lengths"},
	{"GET /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", "a body in chunks"},
	{"GET /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n", "a space before the colon"},
	{"GET /a HTTP/1.1\r\nHost: x\r\nX-A: b\r\n Transfer-Encoding: chunked\r\n\r\n", "a folded line (obs-fold)"},
	{"GET /a HTTP/1.1\r\nHost: x\r\n\tX-A: b\r\n\r\n", "a line that begins with a tab"},
	{"GET /a HTTP/1.1\r\n Host: x\r\n\r\n", "a folded request line"},
	{"GET /a HTTP/1.1\nHost: x\n\n", "lone LFs"},
	{"GET /a HTTP/1.1\r\nHost: x\nX-A: b\r\n\r\n", "a lone LF"},
	{"GET /a HTTP/1.1\r\nHost: x\r\nX-A: b\rContent-Length: 5\r\n\r\n", "a lone CR"},
	{"GET /a HTTP/1.1\r\nHost: x\r\nX-A: b\r\r\n\r\n", "a CR too many"},
	{"GET /a HTTP/1.1\r\nHost: x\r\n\n", "an end without CR"},
	{"GET /a HTTP/1.1\r\nHost: x\r\nX-A: b\x00c\r\n\r\n", "NUL in a value"},
	{"GET /a HTTP/1.1\r\nHost: x\r\nX-A: b\x7f\r\n\r\n", "DEL in a value"},
	{"GET /a HTTP/1.1\r\nHost: x\r\nX-A: \xff\r\n\r\n", "no ASCII in a value"},
	{"GET /a HTTP/1.1\r\nHost: x\r\nX-\x00A: b\r\n\r\n", "NUL in a name"},
	{"GET /a HTTP/1.1\r\nHost: x\r\nX A: b\r\n\r\n", "a space in a name"},
	{"GET /a HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n", "no field"},
	{"GET /a HTTP/1.1\r\nHost: x\r\n: b\r\n\r\n", "no name"},
	{"GET /a HTTP/1.1\r\nHost: x\r\nX-" + strings.Repeat("a", maxName) + ": b\r\n\r\n", "a long name"},

	{"GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "the last request"},
	{"GET /a HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, If-None-Match\r\n\r\n", "a field for this hop only"},
	{"GET /a HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", "another protocol"},
	{"GET /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n", "an answer before the answer"},
	{"GET /a HTTP/1.1\r\nHost: x\r\nTE: trailers\r\n\r\n", "trailers"},
	{"GET /a HTTP/1.1\r\nHost: x\r\nTrailer: X-A\r\n\r\n", "a trailer"},
	{"GET /a HTTP/1.1\r\nHost: x\r\nProxy-Connection: keep-alive\r\n\r\n", "a proxy is meant"},
	{"GET /a HTTP/1.1\r\nHost: x\r\nRange: bytes=0-1\r\n\r\n", "a part"},
	{"GET /a HTTP/1.1\r\nHost: x\r\nIf-Range: \"a\"\r\n\r\n", "a part, perhaps"},
	{"GET /a HTTP/1.1\r\nHost: x\r\nIf-Match: \"a\"\r\n\r\n", "a demand"},
	{"GET /a HTTP/1.1\r\nHost: x\r\nIf-Unmodified-Since: Sun, 01 Mar 2026 12:00:00 GMT\r\n\r\n", "a demand by date"},
	{"GET /a HTTP/1.1\r\nHost: x\r\nIf-None-Match: \"a\"\r\nIf-None-Match: \"b\"\r\n\r\n", "tags in two lines"},
	{"GET /a HTTP/1.1\r\nHost: x\r\nIf-None-Match:\r\nIf-None-Match: \"b\"\r\n\r\n", "tags in two lines, one empty"},
	{"GET /a HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\naccept-encoding: br\r\n\r\n", "codings in two lines"},
	{"GET /a HTTP/1.1\r\nHost: x\r\nX-HTTP-Method-Override: DELETE\r\n\r\n", "another method is meant"},
	{"GET /a HTTP/1.1\r\nHost: x\r\nLast-Event-ID: 7\r\n\r\n", "a stream"},
	{"GET /a HTTP/1.1\r\nHost: x\r\nNobody-Knows: me\r\n\r\n", "an unknown field"},
}

func TestParseLeavesTheRest(t *testing.T) {
	t.Parallel()
	for _, row := range otherSeeds {
		if got, ok := parse(row.text); ok {
			t.Errorf("%s: %q is taken for %+v", row.why, row.text, got)
		}
	}
}

// What is answered here means the same to net/http: one request without a body,
// for the same path, with the same fields that decide, and nothing else in it
// that anybody heeds.
func FuzzParse(f *testing.F) {
	for _, row := range plainSeeds {
		f.Add([]byte(row.text))
	}
	for _, row := range otherSeeds {
		f.Add([]byte(row.text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, ok := parse(string(text))
		if !ok {
			return
		}
		reader := bufio.NewReaderSize(strings.NewReader(string(text)), len(text)+16)
		r, err := http.ReadRequest(reader)
		if err != nil {
			t.Fatalf("net/http: %v", err)
		}
		if reader.Buffered() != 0 {
			t.Errorf("net/http leaves %d bytes", reader.Buffered())
		}
		if r.Method != http.MethodGet || r.Proto != "HTTP/1.1" || r.Close || r.Host == "" ||
			r.ContentLength != 0 || r.Body != http.NoBody || len(r.TransferEncoding) > 0 || len(r.Trailer) > 0 {
			t.Errorf("net/http has another request: %+v", r)
		}
		if r.URL.Path != got.Path || r.URL.RequestURI() != got.Path || r.URL.Host != "" {
			t.Errorf("net/http has the address %+v, want %q", r.URL, got.Path)
		}
		for name, value := range map[string]string{
			"Accept-Encoding": got.AcceptEncoding, "If-None-Match": got.IfNoneMatch, "If-Modified-Since": got.IfModifiedSince,
		} {
			if values := r.Header[name]; len(values) > 1 || r.Header.Get(name) != value {
				t.Errorf("net/http has %s: %q, want %q", name, values, value)
			}
		}
		for _, name := range []string{
			"Content-Length", "Transfer-Encoding", "Expect", "Upgrade", "Te", "Trailer", "Range", "If-Range", "If-Match",
			"If-Unmodified-Since", "Last-Event-Id", "Proxy-Connection",
		} {
			if values, present := r.Header[name]; present {
				t.Errorf("net/http has %s: %q", name, values)
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := parse(plainSeeds[3].text); !ok {
			b.Fatal("not plain")
		}
	}
}
