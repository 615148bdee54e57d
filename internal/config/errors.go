package config

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// cured is the error of a check that knows what to write instead.
type cured struct {
	error
	cure string
}

func cureOf(err error) string {
	if known, ok := errors.AsType[*cured](err); ok {
		return known.cure
	}
	return ""
}

// Error is one mistake in a config, with its place.
type Error struct {
	File    string // as it was named by the caller or the include; or an environment variable or flag
	Line    int    // from 1; 0 when the mistake is not in a line
	Column  int    // from 1, in characters
	Text    string // the offending line, secrets cut out
	Message string // the rule that was broken, naming the key
	Hint    string // what to write instead; may be empty
}

// Error gives place and message, and below them the line with a caret under
// the column and the hint beside it.
func (e *Error) Error() string {
	if e.Line == 0 {
		text := e.File + ": " + e.Message
		if e.Hint != "" {
			text += " (" + e.Hint + ")"
		}
		return text
	}
	caret := strings.TrimRight(indent(e.Text, e.Column)+"^ "+e.Hint, " ")
	return fmt.Sprintf("%s:%d:%d: %s\n%5d | %s\n      | %s", e.File, e.Line, e.Column, e.Message, e.Line, e.Text, caret)
}

// indent gives the space before a column. Tabs stay tabs, so that the caret
// stands right however wide a terminal draws them.
func indent(line string, column int) string {
	var pad strings.Builder
	for _, r := range line {
		if column--; column < 1 {
			break
		}
		if r != '\t' {
			r = ' '
		}
		pad.WriteRune(r)
	}
	return pad.String()
}

// Errors are all mistakes of a config, by file, line and column. It is never
// empty when it is returned as an error.
type Errors []*Error

// Error gives all of them, one after the other.
func (list Errors) Error() string {
	texts := make([]string, len(list))
	for i, e := range list {
		texts[i] = e.Error()
	}
	return strings.Join(texts, "\n")
}

// Unwrap lets [errors.As] find an [*Error].
func (list Errors) Unwrap() []error {
	out := make([]error, len(list))
	for i, e := range list {
		out[i] = e
	}
	return out
}

// sorted orders the mistakes and tells each one once: what a [host] block says
// is read again for each of its sources.
func (list Errors) sorted() Errors {
	slices.SortStableFunc(list, func(a, b *Error) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return slices.CompactFunc(list, func(a, b *Error) bool { return *a == *b })
}

var (
	secretKey   = regexp.MustCompile(`(?i)^(.*?\b(?:admin_token|headers|bearer|proxy|authorization|cookie|[a-z_-]*(?:token|secret|password|api[-_]?key)[a-z_-]*)"?\s*=).*$`)
	credentials = regexp.MustCompile(`[^/\s"'@:]+:[^/\s"'@]+@`)
	userInfo    = regexp.MustCompile(`//[^/@\s"']*@`)
)

// redact cuts secrets out of a line that will be shown: the values of keys
// that hold some, and what stands before the @ of a URL, or of what looks like
// one without its scheme.
func redact(line string) string {
	line = secretKey.ReplaceAllString(line, "$1 …")
	line = userInfo.ReplaceAllString(line, "//…@")
	return credentials.ReplaceAllStringFunc(line, func(found string) string {
		if strings.HasPrefix(found, "mailto:") {
			return found
		}
		return "…@"
	})
}
