// Package postgrestest gives tests a PostgreSQL of their own: one cluster a test
// binary, in a temporary folder, that listens on a socket there and nowhere else,
// and more of them for tests that stop one. Only tests import it.
package postgrestest

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// Cluster is a running server.
type Cluster struct {
	socket string // the folder of its socket
	stdin  *os.File
	out    *bufio.Scanner
}

// start is called once; the cluster ends with the process, however that ends.
var start = sync.OnceValues(newCluster)

// errMissing says that there is no PostgreSQL on this machine.
var errMissing = errors.New("needs PostgreSQL (Debian package postgresql)")

// URL gives the URL of an empty schema of the cluster that all tests of the
// binary share. Without PostgreSQL the test is skipped, unless CI or
// TRIBUTARY_TOOLS says that all tools must be there.
func URL(t testing.TB) string {
	t.Helper()
	return begun(t, start).URL()
}

// NewCluster starts a cluster for one test, under the conditions of URL. It ends
// with the test.
func NewCluster(t testing.TB) *Cluster {
	t.Helper()
	c := begun(t, newCluster)
	t.Cleanup(func() { c.stdin.Close() })
	return c
}

// URL gives the URL of an empty schema.
func (c *Cluster) URL() string { return c.url("test_" + strings.ToLower(rand.Text())) }

// Stop stops the server as a restart does: what is connected is cut off.
func (c *Cluster) Stop(t testing.TB) { c.order(t, "stop", "stopped") }

// Start starts it again after Stop, and returns once it can be used.
func (c *Cluster) Start(t testing.TB) { c.order(t, "start", "ready") }

func (c *Cluster) order(t testing.TB, order, answer string) {
	t.Helper()
	if _, err := fmt.Fprintln(c.stdin, order); err != nil {
		t.Fatal(err)
	}
	if err := c.await(answer); err != nil {
		t.Fatalf("%s PostgreSQL: %v", order, err)
	}
}

// await reads what the cluster says up to a line.
func (c *Cluster) await(line string) error {
	var said bytes.Buffer
	for c.out.Scan() {
		if c.out.Text() == line {
			return nil
		}
		fmt.Fprintln(&said, c.out.Text())
	}
	return fmt.Errorf("it ended: %s", said.String())
}

func begun(t testing.TB, start func() (*Cluster, error)) *Cluster {
	t.Helper()
	cluster, err := start()
	if errors.Is(err, errMissing) && os.Getenv("CI") != "true" && os.Getenv("TRIBUTARY_TOOLS") != "required" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return cluster
}

// Socket gives the path of the server's socket, for a test that puts something
// between. URL must have been called.
func Socket(t testing.TB) string {
	t.Helper()
	cluster, err := start()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(cluster.socket, ".s.PGSQL.5432")
}

func (c *Cluster) url(schema string) string {
	u := url.URL{Scheme: "postgres", User: url.User("tributary"), Path: "/postgres", RawQuery: url.Values{
		"host": {c.socket}, "search_path": {schema}, "sslmode": {"disable"},
	}.Encode()}
	return u.String()
}

// supervise runs the server until its standard input ends, which it does when
// the test binary does, and takes the folder away. A line "stop" or "start" there
// does that. $1 is the folder of the programs, $2 that of the cluster.
const supervise = `
set -eu
trap 'rm -rf "$2"' EXIT
"$1/initdb" -D "$2/data" -U tributary -A trust -E UTF8 --locale=C --no-sync >"$2/initdb.log" 2>&1 || { cat "$2/initdb.log"; exit 1; }
start() {
	"$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c fsync=off -c synchronous_commit=off -c full_page_writes=off \
		-c max_connections=400 -c shared_buffers=64MB -c autovacuum_naptime=5s -c max_wal_size=512MB >>"$2/server.log" 2>&1 </dev/null &
	server=$!
	until "$1/pg_isready" -q -h "$2" -t 1; do
		kill -0 "$server" 2>/dev/null || { cat "$2/server.log"; exit 1; }
		sleep 0.1
	done
	echo ready
}
start "$1" "$2"
while read -r order; do
	case $order in
	stop)
		kill -INT "$server"
		wait "$server" || true
		echo stopped ;;
	start) start "$1" "$2" ;;
	esac
done
exec >/dev/null 2>&1
kill -QUIT "$server" || true
wait "$server" || true
`

func newCluster() (*Cluster, error) {
	programs, err := find()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "tributary-postgres-")
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("/bin/sh", "-c", supervise, "sh", programs, folder)
	cmd.Dir = folder
	if cmd.SysProcAttr, err = unprivileged(folder); err != nil {
		return nil, err
	}
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	// A pipe of ours, as that of exec ends with Wait, which nobody calls.
	stdin, ours, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer stdin.Close()
	cmd.Stdin = stdin
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	c := &Cluster{socket: folder, stdin: ours, out: bufio.NewScanner(out)}
	if err := c.await("ready"); err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", errors.Join(err, cmd.Wait()))
	}
	return c, nil
}

// find gives the folder of the newest programs; Debian has them off the path.
func find() (string, error) {
	folders, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil {
		return "", err
	}
	slices.SortFunc(folders, func(a, b string) int { return version(b) - version(a) })
	for _, path := range folders {
		if _, err := os.Stat(filepath.Join(filepath.Dir(path), "initdb")); err == nil {
			return filepath.Dir(path), nil
		}
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	return "", errMissing
}

// version is the number in a path like /usr/lib/postgresql/15/bin/postgres.
func version(path string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return n
}

// unprivileged lets a command run as somebody else where we are root, as whom
// PostgreSQL refuses to run, and gives that one the folder.
func unprivileged(folder string) (*syscall.SysProcAttr, error) {
	attr := &syscall.SysProcAttr{Setpgid: true} // an interrupt is for us
	if os.Getuid() != 0 {
		return attr, nil
	}
	who, err := user.Lookup("postgres")
	if err != nil {
		if who, err = user.Lookup("nobody"); err != nil {
			return nil, err
		}
	}
	uid, err1 := strconv.ParseUint(who.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(who.Gid, 10, 32)
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return attr, os.Chown(folder, int(uid), int(gid))
}
