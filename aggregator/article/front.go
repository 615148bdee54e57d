package article

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.abhg.dev/goldmark/frontmatter"
)

// front is a file cut into front matter and body.
type front struct {
	values map[string]value
	raw    string // the front matter's own lines
	body   string
	offset int // lines above the body
}

// splitFront cuts the front matter off and decodes it. Front matter begins in
// the first line or not at all: the same three characters further down are a
// rule or an underlined heading.
func splitFront(text string) (front, error) {
	opening, rest, _ := strings.Cut(text, "\n")
	opening = strings.TrimRight(opening, " \t")
	i := slices.IndexFunc(frontmatter.DefaultFormats, func(f frontmatter.Format) bool {
		return opening == strings.Repeat(string(f.Delim), 3)
	})
	if i < 0 {
		return front{body: text}, nil
	}
	format := frontmatter.DefaultFormats[i]
	raw, body, lines, ok := cutAtLine(rest, opening)
	if !ok {
		return front{}, lineError{1, fmt.Errorf("front matter is not closed: put a line with %s below it", opening)}
	}
	f := front{raw: raw, body: body, offset: lines + 2}
	if err := format.Unmarshal([]byte(raw), &f.values); err != nil {
		return front{}, frontError(format.Name, err)
	}
	return f, nil
}

// cutAtLine cuts text at the first line that reads delimiter and counts the
// lines above it.
func cutAtLine(text, delimiter string) (before, after string, lines int, ok bool) {
	at := 0
	for line := range strings.Lines(text) {
		if strings.TrimRight(line, " \t\n") == delimiter {
			return text[:at], text[at+len(line):], lines, true
		}
		at += len(line)
		lines++
	}
	return "", "", 0, false
}

// decoderLine finds the line that a decoder complains about: both write
// "line N" into their messages and offer no common way to ask.
var decoderLine = regexp.MustCompile(`^(?:yaml|toml):(?: unmarshal errors:\s*)? ?line (\d+)(?: \(last key "[^"]*"\))?: `)

// frontError says what is wrong with front matter, with its line in the file.
func frontError(format string, err error) error {
	if at, ok := errors.AsType[lineError](err); ok {
		return at
	}
	message, line := err.Error(), 0
	if m := decoderLine.FindStringSubmatch(message); m != nil {
		line, _ = strconv.Atoi(m[1])
		line++ // the delimiter above it
		message = message[len(m[0]):]
	}
	if strings.Contains(message, "cannot unmarshal") {
		message = "it must be keys with values"
	}
	return lineError{max(line, 1), fmt.Errorf("front matter is not %s: %s", format, message)}
}

// line finds the line of the file where a key of the front matter stands; 0
// when it stands nowhere.
func (f *front) line(key string) int {
	n := 1
	for line := range strings.Lines(f.raw) {
		n++
		name, _, _ := strings.Cut(strings.Replace(line, "=", ":", 1), ":")
		if strings.EqualFold(strings.Trim(name, " \t\"'[]"), key) {
			return n
		}
	}
	return 0
}

// value is one value of front matter, the same for both formats: a string, a
// []any or a map[string]any of such, or nil. Every scalar is a string as it was written, so
// that a title of 007 keeps its zeros and a date its missing zone.
type value struct{ any }

// UnmarshalYAML meets the YAML decoder, which needs no import for this form.
func (v *value) UnmarshalYAML(decode func(any) error) error {
	var list []value
	var table map[string]value
	var text string
	var plain any
	if err := decode(&plain); err != nil {
		return err
	}
	var err error
	switch plain.(type) {
	case nil:
	case []any:
		err = decode(&list)
		v.any = fromList(list)
	case map[string]any, map[any]any:
		err = decode(&table)
		v.any = fromTable(table)
	default:
		err = decode(&text)
		v.any = text
	}
	return err
}

func fromList(list []value) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = v.any
	}
	return out
}

func fromTable(table map[string]value) map[string]any {
	out := make(map[string]any, len(table))
	for key, v := range table {
		out[key] = v.any
	}
	return out
}

// UnmarshalTOML meets the TOML decoder.
func (v *value) UnmarshalTOML(data any) error {
	v.any = fromTOML(data)
	return nil
}

func fromTOML(data any) any {
	switch data := data.(type) {
	case []map[string]any:
		out := make([]any, len(data))
		for i, table := range data {
			out[i] = fromTOML(table)
		}
		return out
	case []any:
		out := make([]any, len(data))
		for i, item := range data {
			out[i] = fromTOML(item)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(data))
		for key, item := range data {
			out[key] = fromTOML(item)
		}
		return out
	case time.Time:
		return tomlTime(data)
	default:
		return fmt.Sprint(data)
	}
}

// tomlTime writes a TOML date as it stood in the file. The decoder marks one
// without a zone by the name of its location.
func tomlTime(t time.Time) string {
	switch t.Location().String() {
	case "date-local":
		return t.Format(time.DateOnly)
	case "datetime-local":
		return t.Format("2006-01-02T15:04:05")
	}
	return t.Format(time.RFC3339)
}
