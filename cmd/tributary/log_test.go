package main

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// A line of the log stays one line of ours, whatever an upstream has written
// into it, and orders the terminal about nothing.
func TestLogLinesAreHarmless(t *testing.T) {
	t.Parallel()
	evil := "a\r\nlevel=ERROR msg=forged\x00\x1b[31m\u009b31m\u0085\u2028\u202e\U000e0001\"}\n{\"level\":\"ERROR\"}"
	for _, format := range []string{"text", "json"} {
		messages := new(lockedBuffer)
		log, err := (&app{stderr: messages, logLevel: "debug", logFormat: format}).logger()
		if err != nil {
			t.Fatal(err)
		}
		log.Info(evil, "title", evil, "error", errors.New(evil), "list", []string{"x" + evil})
		line, rest, ended := strings.Cut(messages.String(), "\n")
		if !ended || rest != "" {
			t.Errorf("%s: more than one line:\n%s", format, messages)
		}
		if i := strings.IndexAny(line, "\r\x00\x1b\u009b\u0085\u2028\u202e\U000e0001"); i >= 0 {
			t.Errorf("%s: a control character in %q", format, line)
		}
		var fields struct{ Msg, Title, Error string }
		if format == "json" && (json.Unmarshal([]byte(line), &fields) != nil || fields.Msg != evil || fields.Title != evil || fields.Error != evil) {
			t.Errorf("the line does not say what was logged: %s", line)
		}
	}
}
