package aggregator_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"strings"
	"time"

	"tributary/internal/codec"
	"tributary/internal/news"
	"tributary/internal/upstreamtest"
)

// answer is what a case does to the request for a path.
type answer func(s *hostileStage, path string) upstreamtest.Action

// always is an answer that needs nothing from the stage.
func always(action upstreamtest.Action) answer {
	return func(*hostileStage, string) upstreamtest.Action { return action }
}

// raw answers with bytes of its own making.
func raw(lines ...string) answer { return always(upstreamtest.Raw(strings.Join(lines, "\r\n"))) }

// coded answers with bytes under a content coding of any name.
func coded(coding string, data []byte) answer {
	return always(upstreamtest.Body(string(data), "Content-Type", "application/xml", "Content-Encoding", coding))
}

// bomb answers with a body that decodes to size spaces. It is made when it is
// needed, which takes a while.
func bomb(coding string, size int) answer {
	return func(*hostileStage, string) upstreamtest.Action { return upstreamtest.Bomb(coding, size) }
}

// good is a document with one new story.
var good = upstreamtest.RSS("Hostile", upstreamtest.NewItem(3))

// read are the titles of good.
var read = []string{"Story 3"}

// hostileAnswers misbehave below the document.
func hostileAnswers() []hostileCase {
	const (
		mib  = 1 << 20
		gib  = 1 << 30
		tick = 20 * time.Millisecond
	)
	empty := zipped(nil)
	return []hostileCase{
		{name: "slow header", answer: always(upstreamtest.SlowHeader(time.Hour)), cause: news.CauseTimeout, slow: true},
		{name: "header that drips", answer: always(upstreamtest.DripHeader(tick)), cause: news.CauseTimeout, slow: true},
		{name: "slow body", answer: always(upstreamtest.SlowBody(good, 1, tick)), cause: news.CauseTimeout, slow: true},
		{name: "body that never begins", answer: always(upstreamtest.Stall()), cause: news.CauseTimeout, slow: true},
		{name: "slow body but in time", answer: always(upstreamtest.SlowBody(good, 1+len(good)/5, tick)), titles: read},

		{name: "endless items", answer: always(upstreamtest.Endless("<item><title>x</title></item>")), cause: news.CauseLimit},
		{name: "endless space", answer: always(upstreamtest.Endless(" ")), cause: news.CauseLimit},
		{name: "endless gzip of nothing", answer: func(*hostileStage, string) upstreamtest.Action {
			return contentEncoding("gzip", upstreamtest.Endless(string(empty)))
		}, cause: news.CauseLimit},
		{name: "gzip bomb", answer: bomb("gzip", 64*mib), cause: news.CauseLimit, detail: "16777216 bytes"},
		{name: "gzip bomb of many members", answer: coded("gzip", bytes.Repeat(zipped(make([]byte, mib)), 1024)), cause: news.CauseLimit},
		{name: "gzip bomb in gzip", answer: func(s *hostileStage, path string) upstreamtest.Action {
			return coded("gzip, gzip", zipped(zipped(make([]byte, 64*mib))))(s, path)
		}, cause: news.CauseLimit},
		{name: "deflate bomb", answer: bomb("deflate", 64*mib), cause: news.CauseLimit},
		{name: "br bomb", answer: bomb("br", 64*mib), cause: news.CauseLimit},
		{name: "zstd bomb", answer: bomb("zstd", 4*gib), cause: news.CauseLimit},
		{name: "zstd window of 2 GB", answer: coded("zstd", []byte("\x28\xb5\x2f\xfd\x00\xa8\x01\x00\x00")), cause: news.CauseTruncated},
		{name: "gzip in gzip", answer: coded("gzip, gzip", zipped(zipped([]byte(good)))), titles: read},
		{name: "three layers of gzip", answer: coded("gzip, gzip, gzip", zipped(zipped(zipped([]byte(good))))), cause: news.CauseLimit},
		{name: "a thousand layers", answer: coded(strings.Repeat("gzip,", 1000), empty), cause: news.CauseLimit},
		{name: "unknown coding", answer: coded("rot13", []byte(good)), cause: news.CauseTruncated, detail: "rot13"},
		{name: "gzip cut short", answer: coded("gzip", zipped([]byte(good))[:100]), cause: news.CauseTruncated},
		{name: "gzip with a wrong sum", answer: coded("gzip", damaged(zipped([]byte(good)), -8)), cause: news.CauseTruncated},
		{name: "br of garbage", answer: coded("br", bytes.Repeat([]byte{0xff}, 1000)), cause: news.CauseTruncated},
		{name: "says gzip, is none", answer: coded("gzip", []byte(good)), cause: news.CauseTruncated},
		{name: "says br, is empty", answer: coded("br", nil), cause: news.CauseNotFeed, detail: "empty body"},

		{name: "length too long", answer: always(upstreamtest.WrongLength(good, 1000)), cause: news.CauseTruncated},
		{name: "length of 1 TB", answer: always(upstreamtest.WrongLength(good, 1<<40)), cause: news.CauseTruncated},
		{name: "length too short", answer: always(upstreamtest.WrongLength(good, -len("</channel></rss>"))), titles: read},
		{name: "negative length", answer: raw("HTTP/1.1 200 OK", "Content-Length: -5", "", good), cause: news.CauseConnect},
		{name: "two lengths", answer: raw("HTTP/1.1 200 OK", "Content-Length: 5", "Content-Length: 6", "", good), cause: news.CauseConnect},
		{name: "broken chunks", answer: always(upstreamtest.BrokenChunks(good)), cause: news.CauseTruncated},
		{name: "no last chunk", answer: always(upstreamtest.CutBody(good)), cause: news.CauseTruncated},
		{name: "chunk of 16 EB", answer: raw("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "", "ffffffffffffffff", good), cause: news.CauseTruncated},
		{name: "trailer without end", answer: raw("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "", fmt.Sprintf("%x", len(good)), good, "0", strings.Repeat("X: y\r\n", mib)), cause: news.CauseTruncated},
		{name: "early reset", answer: always(upstreamtest.EarlyReset()), cause: news.CauseConnect},
		{name: "reset in the body", answer: always(upstreamtest.ResetBody()), cause: news.CauseTruncated},
		{name: "closes without a word", answer: raw(""), cause: news.CauseConnect},
		{name: "speaks SSH", answer: raw("SSH-2.0-OpenSSH_9.9", ""), cause: news.CauseConnect},
		{name: "speaks HTTP/0.9", answer: raw(good), cause: news.CauseConnect},
		{name: "informs without end", answer: raw(strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", 100_000)), cause: news.CauseLimit},
		{name: "switches protocols", answer: raw("HTTP/1.1 101 Switching Protocols", "Upgrade: x", "Connection: upgrade", "", good), cause: news.CauseStatus},
		{name: "status 999", answer: raw("HTTP/1.1 999 No", "Content-Length: 0", "", ""), cause: news.CauseStatus},
		{name: "204 without a document", answer: always(upstreamtest.Status(204)), cause: news.CauseStatus},
		{name: "304 that nobody asked for", answer: func(s *hostileStage, path string) upstreamtest.Action {
			s.Script(path+"/other", upstreamtest.Status(304))
			return upstreamtest.Redirect(302, path+"/other")
		}, cause: news.CauseStatus, detail: "without validators"},

		{name: "5,000 cookies", answer: always(withPage(upstreamtest.Cookies(5000))), cause: news.CauseLimit, detail: "header"},
		{name: "500 cookies", answer: always(withPage(upstreamtest.Cookies(500))), titles: read},
		{name: "header of 10 MB", answer: always(upstreamtest.BigHeader(10 * mib)), cause: news.CauseLimit, detail: "header"},
		{name: "50,000 headers", answer: always(upstreamtest.ManyHeaders(50_000, 10)), cause: news.CauseLimit, detail: "header"},
		{name: "header without end", answer: raw("HTTP/1.1 200 OK", "X: "+strings.Repeat("x", 32*mib)), cause: news.CauseLimit, detail: "header"},
		{name: "header of control characters", answer: raw("HTTP/1.1 200 OK", "ETag: \"\x00\x1b[31m\"", "", good), cause: news.CauseConnect},
		{name: "ETag of 60 KB", answer: always(upstreamtest.Body(good, "ETag", `"`+strings.Repeat("x", 60_000)+`"`)), titles: read},
		{name: "Retry-After of a million years", answer: always(upstreamtest.Status(503, "Retry-After", "31536000000000")), cause: news.CauseRateLimited},
		{name: "max-age beyond int64", answer: always(upstreamtest.Body(good, "Cache-Control", "max-age=99999999999999999999", "Age", "-1")), titles: read},
	}
}

// withPage answers with good in place of the path's own page.
func withPage(action upstreamtest.Action) upstreamtest.Action {
	return func(w http.ResponseWriter, r *http.Request, _ http.HandlerFunc) {
		action(w, r, func(w http.ResponseWriter, r *http.Request) { upstreamtest.Body(good)(w, r, nil) })
	}
}

// contentEncoding says that an action's body is coded.
func contentEncoding(coding string, action upstreamtest.Action) upstreamtest.Action {
	return func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
		w.Header().Set("Content-Encoding", coding)
		action(w, r, serve)
	}
}

func zipped(data []byte) []byte { return codec.Gzip(nil, data, gzip.BestSpeed) }

// damaged flips a byte, counted from the end.
func damaged(data []byte, i int) []byte {
	data[len(data)+i] ^= 0xff
	return data
}

// hostileAddresses lead where we don't go.
func hostileAddresses() []hostileCase {
	to := func(location string) answer {
		return func(s *hostileStage, path string) upstreamtest.Action {
			return upstreamtest.Redirect(302, strings.ReplaceAll(location, "PORT", s.port))
		}
	}
	cases := []hostileCase{
		{name: "redirect loop", answer: func(s *hostileStage, path string) upstreamtest.Action {
			return upstreamtest.Redirect(302, s.RedirectLoop(path+"/loop", 302))
		}, cause: news.CauseRedirect, detail: "loop"},
		{name: "redirect to itself", answer: func(s *hostileStage, path string) upstreamtest.Action {
			return upstreamtest.Redirect(301, path)
		}, cause: news.CauseRedirect, detail: "loop"},
		{name: "six redirects", answer: func(s *hostileStage, path string) upstreamtest.Action {
			s.Set(path+"/end", good)
			return upstreamtest.Redirect(302, s.RedirectChain(path+"/hop", 302, 5, s.URL(path+"/end")))
		}, cause: news.CauseRedirect, detail: "5 redirects"},
		{name: "five redirects", answer: func(s *hostileStage, path string) upstreamtest.Action {
			s.Set(path+"/end", good)
			return upstreamtest.Redirect(302, s.RedirectChain(path+"/hop", 302, 4, s.URL(path+"/end")))
		}, titles: read},
		{name: "redirect without an address", answer: always(upstreamtest.Status(302)), cause: news.CauseRedirect},
		{name: "redirect from https to http", answer: func(s *hostileStage, path string) upstreamtest.Action {
			s.Script(path+"/down", upstreamtest.Redirect(302, s.URL(path+"/end")))
			return upstreamtest.Redirect(302, s.tls.URL(upstreamtest.NoFault, path+"/down"))
		}, cause: news.CauseRedirect, detail: "https back to http"},
		{name: "name that moves inside", answer: to("http://moves-in.test:PORT/feed"), cause: news.CauseBlocked, detail: "127.0.0.2"},
		{name: "name of a mapped address", answer: to("http://mapped.test:PORT/feed"), cause: news.CauseBlocked},
		{name: "name of a private address", answer: to("http://inside.test/feed"), cause: news.CauseBlocked, detail: "10.0.0.1"},
		{name: "name of nobody", answer: to("http://nobody.test/feed"), cause: news.CauseDNS},
		{name: "redirect to a Location of 60 KB", answer: to("http://127.0.0.1:PORT/" + strings.Repeat("x", 60_000)), cause: news.CauseNotFound},
	}
	for _, host := range []string{
		"127.0.0.2", "[::1]", "[::ffff:127.0.0.2]", "[::127.0.0.2]", "[64:ff9b::127.0.0.2]", "[2002:7f00:2::]", "0x7f.2",
		"169.254.169.254", "[::ffff:169.254.169.254]", "[fd00:ec2::254]", "192.168.0.1", "255.255.255.255",
	} {
		cases = append(cases, hostileCase{name: "redirect to " + host, answer: to("http://" + host + ":PORT/latest/meta-data/"), cause: news.CauseBlocked})
	}
	for _, target := range []string{
		"file:///etc/passwd", "FILE:/etc/passwd", "gopher://127.0.0.2:PORT/_x", "javascript:alert(1)",
		"data:application/xml,<rss/>", "//", "http://", "http://[::1",
	} {
		cases = append(cases, hostileCase{name: "redirect to " + target, answer: to(target)})
		if target == "http://" {
			cases[len(cases)-1].cause = news.CauseBlocked
		} else {
			cases[len(cases)-1].cause = news.CauseRedirect
		}
	}
	return cases
}

// hostileTLS are certificates and handshakes that can't be trusted.
func hostileTLS() []hostileCase {
	over := func(fault upstreamtest.TLSFault) answer {
		return func(s *hostileStage, path string) upstreamtest.Action {
			s.Set(path+"/tls", good)
			return upstreamtest.Redirect(302, s.tls.URL(fault, path+"/tls"))
		}
	}
	cases := []hostileCase{
		{name: "TLS without a fault", answer: over(upstreamtest.NoFault), titles: read},
		{name: "TLS: no handshake", answer: over(upstreamtest.NoHandshake), cause: news.CauseTimeout, slow: true},
		{name: "TLS: plain HTTP", answer: func(s *hostileStage, path string) upstreamtest.Action {
			return upstreamtest.Redirect(302, strings.Replace(s.URL(path), "http:", "https:", 1))
		}, cause: news.CauseTLS},
	}
	for _, fault := range []upstreamtest.TLSFault{
		upstreamtest.Expired, upstreamtest.NotYet, upstreamtest.WrongHost, upstreamtest.SelfSigned, upstreamtest.OldVersion,
	} {
		cases = append(cases, hostileCase{name: "TLS: " + string(fault), answer: over(fault), cause: news.CauseTLS})
	}
	return cases
}
