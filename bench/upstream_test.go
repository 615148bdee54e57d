package bench

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"tributary/internal/upstreamtest"
)

// upstreamEnv makes the test binary an upstream instead of running tests.
const upstreamEnv = "TRIBUTARY_BENCH_UPSTREAM"

// beUpstream serves until in ends, which it does when the parent closes it or
// dies. The first line of out is the address. PUT sets what a path serves, with the
// query "stubborn" always whole and without validators.
func beUpstream(in io.Reader, out io.Writer) (exit int) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, "upstream:", err)
		return 1
	}
	fmt.Fprintf(out, "http://%s\n", listener.Addr())
	server := &http.Server{Handler: settable(&upstreamtest.Server{Fast: true})}
	go func() {
		_, _ = io.Copy(io.Discard, in)
		_ = server.Close()
	}()
	if err := server.Serve(listener); err != http.ErrServerClosed {
		fmt.Fprintln(os.Stderr, "upstream:", err)
		return 1
	}
	return 0
}

func settable(pages *upstreamtest.Server) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPut {
			pages.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		pages.Set(r.URL.Path, string(body))
		if r.URL.Query().Has("stubborn") {
			pages.Script(r.URL.Path, upstreamtest.Body(string(body)))
		}
	}
}

// upstream is another process that serves documents on loopback.
type upstream struct {
	tb     testing.TB
	url    string
	client *http.Client
}

// startUpstream starts one that ends with the test.
func startUpstream(tb testing.TB) *upstream {
	tb.Helper()
	self, err := os.Executable()
	if err != nil {
		tb.Fatal(err)
	}
	command := exec.Command(self)
	command.Env = append(os.Environ(), upstreamEnv+"=1")
	command.Stderr = os.Stderr
	stdin, err := command.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := command.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		stdin.Close()
		if err := command.Wait(); err != nil {
			tb.Errorf("upstream: %v", err)
		}
	})
	address, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		tb.Fatalf("read the upstream's address: %v", err)
	}
	u := &upstream{tb: tb, url: strings.TrimSpace(address), client: &http.Client{Transport: &http.Transport{}}}
	tb.Cleanup(u.client.CloseIdleConnections)
	return u
}

// set makes the upstream serve a document at a path, and gives its address.
func (u *upstream) set(path, document string) string {
	u.tb.Helper()
	return u.put(path, "", document)
}

// setStubborn is set for an upstream that answers every request in full.
func (u *upstream) setStubborn(path, document string) string {
	u.tb.Helper()
	return u.put(path, "?stubborn", document)
}

func (u *upstream) put(path, query, document string) string {
	u.tb.Helper()
	address := u.url + path
	request, err := http.NewRequestWithContext(u.tb.Context(), http.MethodPut, address+query, strings.NewReader(document))
	if err != nil {
		u.tb.Fatal(err)
	}
	response, err := u.client.Do(request)
	if err != nil {
		u.tb.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		u.tb.Fatalf("PUT %s: %s", address, response.Status)
	}
	return address
}
