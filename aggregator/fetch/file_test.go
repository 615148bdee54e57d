package fetch_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"tributary/aggregator/fetch"
	"tributary/internal/news"
)

// fileBench fetches one file, whose time the tests set against a fixed clock.
func fileBench(t *testing.T) (path string, get func(news.Validators) (*fetch.Response, error)) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "feed.xml")
	fetcher := fetch.New(fetch.Options{MaxBody: 100, Now: func() time.Time { return now }})
	return path, func(v news.Validators) (*fetch.Response, error) {
		return fetcher.Fetch(t.Context(), fetch.Request{Source: &news.Source{URL: "file:" + path}, Validators: v})
	}
}

func write(t *testing.T, path, text string, modified time.Time) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, modified, modified); err != nil {
		t.Fatal(err)
	}
}

func TestFile(t *testing.T) {
	t.Parallel()
	path, get := fileBench(t)
	write(t, path, "one", now.Add(-time.Hour))
	first, err := get(news.Validators{})
	if err != nil || string(first.Body) != "one" || first.URL != "file:"+path || first.Status != 0 {
		t.Fatalf("%+v, %v", first, err)
	}
	if again, err := get(first.Validators); err != nil || !again.Unchanged || again.Bytes != 3 || again.Validators != first.Validators {
		t.Errorf("untouched: %+v, %v", again, err)
	}
	write(t, path, "one", now.Add(-time.Minute))
	touched, err := get(first.Validators)
	if err != nil || !touched.Unchanged || touched.Validators.ETag == first.Validators.ETag {
		t.Errorf("the same bytes, written again: %+v, %v", touched, err)
	}
	write(t, path, "two", now.Add(-time.Second))
	fresh, err := get(touched.Validators)
	if err != nil || string(fresh.Body) != "two" || fresh.Validators.ETag != "" {
		t.Fatalf("written a moment ago: %+v, %v", fresh, err)
	}
	write(t, path, "six", now.Add(-time.Second))
	if racy, err := get(fresh.Validators); err != nil || string(racy.Body) != "six" {
		t.Errorf("written twice within one step of the clock: %+v, %v", racy, err)
	}
}

func TestFileURLs(t *testing.T) {
	t.Parallel()
	path, _ := fileBench(t)
	write(t, path, "one", now)
	for _, url := range []string{"file:" + path, "file://" + path} {
		response, err := fetch.New(fetch.Options{}).Fetch(t.Context(), fetch.Request{Source: &news.Source{URL: url}})
		if err != nil || string(response.Body) != "one" {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestFileErrors(t *testing.T) {
	t.Parallel()
	want := func(t *testing.T, err error, cause news.Cause, words string) {
		t.Helper()
		failure, ok := errors.AsType[*fetch.Error](err)
		if !ok || failure.Cause != cause || !strings.Contains(failure.Detail, words) {
			t.Errorf("%v, want cause %s with %q", err, cause, words)
		}
	}
	path, get := fileBench(t)
	_, err := get(news.Validators{})
	want(t, err, news.CauseFile, "does not exist")
	write(t, path, strings.Repeat("x", 101), now)
	_, err = get(news.Validators{})
	want(t, err, news.CauseLimit, path)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	_, err = get(news.Validators{})
	want(t, err, news.CauseFile, "not a regular file")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip("no pipes here: ", err)
	}
	_, err = get(news.Validators{})
	want(t, err, news.CauseFile, "not a regular file")
}

func TestFileThroughLink(t *testing.T) {
	t.Parallel()
	path, get := fileBench(t)
	target := filepath.Join(t.TempDir(), "elsewhere.xml")
	write(t, target, "linked", now)
	if err := os.Symlink(target, path); err != nil {
		t.Skip("no links here: ", err)
	}
	if response, err := get(news.Validators{}); err != nil || string(response.Body) != "linked" {
		t.Errorf("%v", err)
	}
}
