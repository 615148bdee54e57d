package serve_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"tributary/publisher"
	"tributary/publisher/serve"
)

func TestRange(t *testing.T) {
	t.Parallel()
	renditions := site()
	body := "0123456789"
	add := func(path string, kind publisher.Kind, body string) *publisher.Rendition {
		r := publisher.NewRendition(publisher.Draft{
			Path: path, Kind: kind, ContentType: "audio/mpeg", Body: []byte(body), LastModified: changed,
		}, nil)
		renditions[path] = r
		return r
	}
	talk := add("/articles/talk.mp3", publisher.KindFile, body)
	add("/articles/empty.mp3", publisher.KindFile, "")
	add("/talk.mp3", publisher.KindFeed, body)
	// Written twice in one second: its date tells the two apart no more.
	shared := publisher.NewRendition(publisher.Draft{
		Path: "/articles/shared.mp3", Kind: publisher.KindFile, ContentType: "audio/mpeg", Body: []byte(body), LastModified: changed,
	}, add("/articles/shared.mp3", publisher.KindFile, "before"))
	renditions[shared.Path] = shared
	handler := serve.New(renditions, nil, serve.Options{}, nil)
	date := changed.Format(http.TimeFormat)

	for _, tc := range []struct {
		why, path, ask, ifRange string
		status                  int
		content, body           string
	}{
		{"from the start", "talk.mp3", "bytes=0-3", "", 206, "bytes 0-3/10", "0123"},
		{"one byte", "talk.mp3", "bytes=9-9", "", 206, "bytes 9-9/10", "9"},
		{"to the end", "talk.mp3", "bytes=7-", "", 206, "bytes 7-9/10", "789"},
		{"all of it, as Safari and Chromium begin", "talk.mp3", "bytes=0-", "", 206, "bytes 0-9/10", body},
		{"the end", "talk.mp3", "bytes=-2", "", 206, "bytes 8-9/10", "89"},
		{"a longer end than there is", "talk.mp3", "bytes=-20", "", 206, "bytes 0-9/10", body},
		{"past the end", "talk.mp3", "bytes=8-99999999999999999999", "", 206, "bytes 8-9/10", "89"},
		{"units ignore case", "talk.mp3", "Bytes=0-0", "", 206, "bytes 0-0/10", "0"},
		{"behind the end", "talk.mp3", "bytes=10-", "", 416, "bytes */10", "the file ends before that range\n"},
		{"far behind the end", "talk.mp3", "bytes=99999999999999999999-", "", 416, "bytes */10", "the file ends before that range\n"},
		{"no bytes of the end", "talk.mp3", "bytes=-0", "", 416, "bytes */10", "the file ends before that range\n"},
		{"of nothing", "empty.mp3", "bytes=0-", "", 416, "bytes */0", "the file ends before that range\n"},
		{"backwards", "talk.mp3", "bytes=5-2", "", 200, "", body},
		{"two ranges", "talk.mp3", "bytes=0-1,4-5", "", 200, "", body},
		{"another unit", "talk.mp3", "seconds=0-1", "", 200, "", body},
		{"nonsense", "talk.mp3", "bytes=a-b", "", 200, "", body},
		{"a sign is no digit", "talk.mp3", "bytes=+1-2", "", 200, "", body},
		{"no range", "talk.mp3", "bytes=-", "", 200, "", body},
		{"no unit", "talk.mp3", "0-1", "", 200, "", body},
		{"of a feed", "feed", "bytes=0-1", "", 200, "", body},
		{"the same file", "talk.mp3", "bytes=0-1", talk.Plain.ETag, 206, "bytes 0-1/10", "01"},
		{"another one", "talk.mp3", "bytes=0-1", `"other"`, 200, "", body},
		{"a weak tag proves nothing", "talk.mp3", "bytes=0-1", "W/" + talk.Plain.ETag, 200, "", body},
		{"the same date", "talk.mp3", "bytes=0-1", date, 206, "bytes 0-1/10", "01"},
		{"a later date is not the same", "talk.mp3", "bytes=0-1", changed.Add(time.Hour).Format(http.TimeFormat), 200, "", body},
		{"a date of two states", "shared.mp3", "bytes=0-1", date, 200, "", body},
		{"another one, and behind its end", "talk.mp3", "bytes=50-", `"other"`, 200, "", body},
	} {
		request := httptest.NewRequest(http.MethodGet, "/articles/x", nil)
		request.URL.Path = "/articles/" + tc.path
		if tc.path == "feed" {
			request.URL.Path = "/talk.mp3"
		}
		request.Header.Set("Range", tc.ask)
		if tc.ifRange != "" {
			request.Header.Set("If-Range", tc.ifRange)
		}
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, request)
		header := recorder.Header()
		if recorder.Code != tc.status || header.Get("Content-Range") != tc.content || recorder.Body.String() != tc.body {
			t.Errorf("%s: %d with %q, %q; want %d with %q, %q", tc.why,
				recorder.Code, header.Get("Content-Range"), recorder.Body, tc.status, tc.content, tc.body)
		}
		if got := header.Get("Content-Length"); got != fmt.Sprint(len(tc.body)) {
			t.Errorf("%s: Content-Length %s, the body has %d", tc.why, got, len(tc.body))
		}
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, talk.Path, nil))
	if got := recorder.Header(); got.Get("Content-Length") != "10" || got.Get("Content-Range") != "" {
		t.Errorf("after all that the whole has %v", got)
	}
}
