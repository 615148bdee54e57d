package main

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"os"
	"unicode"
	"unicode/utf16"

	"golang.org/x/term"
)

// logger makes the log that the global flags ask for. It goes to stderr.
func (a *app) logger() (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(a.logLevel)); err != nil {
		return nil, fmt.Errorf("--log-level %q: use debug, info, warn or error", a.logLevel)
	}
	format := a.logFormat
	if format == "auto" {
		if format = "json"; isTerminal(a.stderr) {
			format = "text"
		}
	}
	options := &slog.HandlerOptions{Level: level}
	switch format {
	case "text": // quotes what can't be printed
		return slog.New(slog.NewTextHandler(a.stderr, options)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(escaper{a.stderr}, options)), nil
	}
	return nil, fmt.Errorf("--log-format %q: use text, json or auto", a.logFormat)
}

// escaper writes JSON with escapes for what JSON lets through raw and a terminal
// heeds: the control characters above ASCII, and those that turn a line around.
// All of them are in strings. Each Write must hold whole characters.
type escaper struct{ to io.Writer }

// Write implements io.Writer.
func (e escaper) Write(line []byte) (int, error) {
	heeded := func(r rune) bool { return r >= 0x7f && unicode.In(r, unicode.Cc, unicode.Cf) }
	out := line
	if bytes.ContainsFunc(line, heeded) {
		var b bytes.Buffer
		for _, r := range string(line) {
			switch {
			case !heeded(r):
				b.WriteRune(r)
			case r > 0xffff:
				high, low := utf16.EncodeRune(r)
				fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
			default:
				fmt.Fprintf(&b, `\u%04x`, r)
			}
		}
		out = b.Bytes()
	}
	if _, err := e.to.Write(out); err != nil {
		return 0, err
	}
	return len(line), nil
}

// isTerminal reports whether a person is likely to watch a stream.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
