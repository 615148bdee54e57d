package serve_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"tributary/internal/codec"
	"tributary/publisher/serve"
)

// TestScripts runs testdata/*.txt against a server on loopback. A script is
// lines, read from top to bottom:
//
//	# …               a comment
//	base /news        the site's base path (before the first request)
//	redirect FROM TO  a configured redirect (likewise)
//	> GET /path       starts a request; further > lines are its header fields
//	< 200             the status it must have
//	< Name: value     a header field with exactly that value
//	< !Name           no such field
//	| text            the body, decoded, holds the text
//	| (empty)         there is no body
//
// {name} in an expected value takes the value that stands there the first
// time, and means it from then on, in requests too.
func TestScripts(t *testing.T) {
	t.Parallel()
	scripts, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, name := range scripts {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			s := &script{t: t, name: name, captured: map[string]string{}, options: serve.Options{Redirects: map[string]string{}}}
			for i, line := range strings.Split(string(text), "\n") {
				s.line = i + 1
				s.run(strings.TrimRight(line, " \t"))
			}
			if s.response == nil {
				s.fatal("the script checks nothing")
			}
		})
	}
}

type script struct {
	t        *testing.T
	name     string
	line     int
	options  serve.Options
	captured map[string]string

	client   *http.Client // once the first request was made
	address  string
	request  *http.Request // being written
	response *http.Response
	raw      []byte // body as it came
}

func (s *script) run(line string) {
	kind, rest, _ := strings.Cut(line, " ")
	switch kind {
	case "", "#":
	case "base":
		s.options.BasePath = rest
	case "redirect":
		from, to, _ := strings.Cut(rest, " ")
		s.options.Redirects[from] = to
	case ">":
		s.ask(rest)
	case "<":
		s.send()
		s.header(rest)
	case "|":
		s.send()
		s.body(rest)
	default:
		s.fatal("unknown line %q", line)
	}
}

// ask starts a request or adds a field to the one begun.
func (s *script) ask(rest string) {
	if name, value, isField := strings.Cut(rest, ": "); isField && s.request != nil {
		s.request.Header.Add(name, s.filled(value))
		return
	}
	if s.client == nil {
		s.address, s.client = start(s.t, s.options)
	}
	method, path, _ := strings.Cut(rest, " ")
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.address+path, nil)
	if err != nil {
		s.fatal("%v", err)
	}
	s.request = request
}

func (s *script) send() {
	if s.request == nil {
		return
	}
	response, err := s.client.Do(s.request)
	if err != nil {
		s.fatal("%v", err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		s.fatal("read body: %v", err)
	}
	s.request, s.response, s.raw = nil, response, raw
}

func (s *script) header(rest string) {
	if status, err := strconv.Atoi(rest); err == nil {
		if s.response.StatusCode != status {
			s.error("status %d, want %d", s.response.StatusCode, status)
		}
		return
	}
	if name, absent := strings.CutPrefix(rest, "!"); absent {
		if got := s.response.Header.Values(name); got != nil {
			s.error("%s is %q, want none", name, got)
		}
		return
	}
	name, want, ok := strings.Cut(rest, ": ")
	if !ok {
		s.fatal("not a status or field: %q", rest)
	}
	got := strings.Join(s.response.Header.Values(name), " + ")
	if variable, isVariable := strings.CutPrefix(want, "{"); isVariable && s.captured[want] == "" {
		if got == "" {
			s.error("%s is missing, want {%s", name, variable)
		}
		s.captured[want] = got
	} else if want = s.filled(want); got != want {
		s.error("%s is %q, want %q", name, got, want)
	}
}

func (s *script) body(want string) {
	if want == "(empty)" {
		if len(s.raw) > 0 {
			s.error("a body of %d bytes, want none", len(s.raw))
		}
		return
	}
	reader, err := codec.Decode(s.response.Header.Get("Content-Encoding"), strings.NewReader(string(s.raw)), 1<<20)
	if err != nil {
		s.fatal("%v", err)
	}
	defer reader.Close()
	text, err := io.ReadAll(reader)
	if err != nil {
		s.fatal("decode body: %v", err)
	}
	if !strings.Contains(string(text), want) {
		s.error("body %.80q does not hold %q", text, want)
	}
}

func (s *script) filled(value string) string {
	for name, captured := range s.captured {
		value = strings.ReplaceAll(value, name, captured)
	}
	return value
}

func (s *script) where() string { return fmt.Sprintf("%s:%d: ", s.name, s.line) }

func (s *script) error(format string, args ...any) {
	s.t.Helper()
	s.t.Errorf(s.where()+format, args...)
}

func (s *script) fatal(format string, args ...any) {
	s.t.Helper()
	s.t.Fatalf(s.where()+format, args...)
}
