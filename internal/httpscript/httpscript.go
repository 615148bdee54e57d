// Package httpscript runs scripts of HTTP requests and of what the answers must
// be. It is for tests and never in the binary.
//
// A script is lines, read from top to bottom:
//
//	# …               a comment
//	> GET /path       starts a request; further > lines are its header fields
//	< 200             the status it must have
//	< Name: value     a header field with exactly that value
//	< !Name           no such field
//	| text            the body, decoded, holds the text
//	|! text           it doesn't
//	| (empty)         there is no body
//	always < …        checks every answer from here on
//
// {name} in an expected value takes the value that stands there the first
// time, and means it from then on, in requests too. Redirects are not followed.
// Every GET that asks for no range is sent as HEAD too, which must have the same
// status and the same fields (RFC 9110 §9.3.2).
//
// Other lines before the first request are for whoever starts the server.
package httpscript

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tributary/internal/codec"
)

// maxBody is the size up to which a decoded body is read.
const maxBody = 16 << 20

// Start starts a server for a script and gives its address without a slash at
// its end. It gets the script's lines that are not this package's.
type Start func(t *testing.T, setup []string) (address string)

// RunAll runs the scripts that a pattern names, each as a test of its own and
// all in parallel. Variables may be nil; they are known to all of them by their
// names with braces, as in "{url}".
func RunAll(t *testing.T, pattern string, variables map[string]string, start Start) {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatalf("no scripts %s: %v", pattern, err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) {
			t.Parallel()
			Run(t, name, variables, start)
		})
	}
}

// Run runs one script.
func Run(t *testing.T, name string, variables map[string]string, start Start) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DisableCompression: true}
	defer transport.CloseIdleConnections()
	s := &script{t: t, name: name, start: start, captured: map[string]string{}, client: http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	maps.Copy(s.captured, variables)
	for i, line := range strings.Split(string(text), "\n") {
		s.line = i + 1
		s.run(strings.TrimRight(line, " \t"))
	}
	if s.response == nil || s.request != nil {
		s.fatal("the script does not check its last request")
	}
}

type script struct {
	t        *testing.T
	name     string
	line     int
	start    Start
	setup    []string
	always   []string // what every answer is checked for
	captured map[string]string

	address  string // once the first request was made
	client   http.Client
	request  *http.Request // being written
	response *http.Response
	raw      []byte // body as it came
}

func (s *script) run(line string) {
	kind, rest, _ := strings.Cut(line, " ")
	switch kind {
	case "", "#":
	case "always":
		s.always = append(s.always, strings.TrimPrefix(rest, "< "))
	case ">":
		s.ask(rest)
	case "<":
		s.send()
		s.header(rest)
	case "|", "|!":
		s.send()
		s.body(rest, kind == "|")
	default:
		if s.address != "" {
			s.fatal("unknown line %q", line)
		}
		s.setup = append(s.setup, line)
	}
}

// ask starts a request or adds a field to the one begun.
func (s *script) ask(rest string) {
	if name, value, isField := strings.Cut(rest, ": "); isField && s.request != nil {
		s.request.Header.Add(name, s.filled(value))
		return
	}
	if s.address == "" {
		s.address = s.start(s.t, s.setup)
	}
	method, path, _ := strings.Cut(rest, " ")
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.address+s.filled(path), nil)
	if err != nil {
		s.fatal("%v", err)
	}
	s.request = request
}

func (s *script) send() {
	if s.request == nil {
		return
	}
	request := s.request
	s.request = nil
	s.response, s.raw = s.do(request)
	for _, line := range s.always {
		s.header(line)
	}
	if request.Method == http.MethodGet && request.Header.Get("Range") == "" {
		head := request.Clone(request.Context())
		head.Method = http.MethodHead
		response, _ := s.do(head)
		s.sameHead(response)
	}
}

func (s *script) do(request *http.Request) (*http.Response, []byte) {
	response, err := s.client.Do(request)
	if err != nil {
		s.fatal("%v", err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		s.fatal("read body: %v", err)
	}
	return response, raw
}

// sameHead compares the answer to HEAD with that to the same GET.
func (s *script) sameHead(head *http.Response) {
	get := s.response
	if head.StatusCode != get.StatusCode {
		s.error("HEAD has status %d, GET %d", head.StatusCode, get.StatusCode)
	}
	for _, names := range []http.Header{get.Header, head.Header} {
		for name := range names {
			if got, want := head.Header.Values(name), get.Header.Values(name); name != "Date" && !slices.Equal(got, want) {
				s.error("HEAD has %s: %q, GET %q", name, got, want)
			}
		}
	}
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

func (s *script) body(want string, wanted bool) {
	if want == "(empty)" {
		if len(s.raw) > 0 {
			s.error("a body of %d bytes, want none", len(s.raw))
		}
		return
	}
	reader, err := codec.Decode(s.response.Header.Get("Content-Encoding"), bytes.NewReader(s.raw), maxBody)
	if err != nil {
		s.fatal("%v", err)
	}
	defer reader.Close()
	text, err := io.ReadAll(reader)
	if err != nil {
		s.fatal("decode body: %v", err)
	}
	if strings.Contains(string(text), s.filled(want)) != wanted {
		s.error("body %.80q holds %q: %t, want %t", text, want, !wanted, wanted)
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
