package rule

import (
	"errors"
	"fmt"
	"strings"

	"github.com/expr-lang/expr/file"
)

// Error is what is wrong with a rule, and where in its text.
type Error struct {
	Line    int // from 1
	Column  int // from 1, in characters
	Message string
	Hint    string // what to write instead; may be empty
}

// Error gives place, message and hint in one line.
func (e *Error) Error() string {
	text := fmt.Sprintf("%d:%d: %s", e.Line, e.Column, e.Message)
	if e.Hint != "" {
		text += " (" + e.Hint + ")"
	}
	return text
}

// errorAt makes an error at a character of the rule, counted from 0.
func errorAt(source string, offset int, message, hint string) *Error {
	line, column := 1, 1
	for _, r := range source {
		if offset--; offset < 0 {
			break
		}
		column++
		if r == '\n' {
			line, column = line+1, 1
		}
	}
	return &Error{Line: line, Column: column, Message: message, Hint: hint}
}

// translate turns an error of expr into ours: one line, the place apart from
// the message, and no names of Go types where they would puzzle an operator.
func translate(source string, err error) *Error {
	var located *file.Error
	if !errors.As(err, &located) {
		first, _, _ := strings.Cut(err.Error(), "\n")
		if kind, ok := strings.CutPrefix(first, "expected bool, but got "); ok {
			return &Error{Line: 1, Column: 1, Message: "a rule must be true or false, this one is " + kindName(kind)}
		}
		return &Error{Line: 1, Column: 1, Message: kindNames.Replace(first)}
	}
	hint := ""
	if strings.Contains(located.Message, "char escape") {
		hint = `inside the quotes of a rule a backslash is written twice, as in "\\d"`
	}
	return errorAt(source, located.From, kindNames.Replace(located.Message), hint)
}

// kindNames are types of variables and kinds of tokens in the operator's words.
var kindNames = strings.NewReplacer(
	"[]rule.enclosure", "list of files",
	"rule.enclosure", "file",
	"*rule.env", "story",
	"rule.env", "story",
	"[]string", "list of text",
	"time.Time", "time",
	"time.Duration", "duration",
	"interface {}", "any value",
	"unexpected token EOF", "the rule ends too early",
	"unexpected token Operator", "unexpected",
	"unexpected token Identifier", "unexpected word",
	"unexpected token Bracket", "unexpected",
	"unexpected token String", "unexpected text",
	"unexpected token Number", "unexpected number",
)

// kindName is kindNames for a type that stands alone.
func kindName(kind string) string {
	switch kind {
	case "string":
		return "text"
	case "int", "float64":
		return "a number"
	}
	return kindNames.Replace(kind)
}
