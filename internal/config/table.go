package config

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"tributary/internal/rule/nearest"
)

// table reads one TOML table. Asking for a key makes it a known one; finish
// tells the others. A reader leaves its destination alone when the key is
// absent, empty text, or wrong, and gives whether it set it; what is wrong is
// noted in errs.
type table struct {
	doc    *document
	errs   *Errors
	title  string // as in the config: "[site]", "[[source]]"
	path   string
	values map[string]any
	secret bool     // its values are never shown
	known  []string // what was asked for, in that order; maybe more than once
	found  int      // how many of the values that was
}

// sourceKeys is room for what is asked of the largest table, a [[source]].
const sourceKeys = 48

// top gives the table that a document is.
func (d *document) top(errs *Errors) *table {
	return &table{doc: d, errs: errs, title: "the top level", values: d.values}
}

// has reports whether a key is there at all.
func (t *table) has(key string) bool {
	_, ok := t.values[key]
	return ok
}

// get gives a key's value and makes the key known.
func (t *table) get(key string) (any, bool) {
	value, ok := t.values[key]
	if ok && !slices.Contains(t.known, key) {
		t.found++
	}
	t.known = append(t.known, key)
	return value, ok
}

// read reports whether all that is there was asked for.
func (t *table) read() bool { return t.found == len(t.values) }

// fail notes a mistake in the value of a key.
func (t *table) fail(key, message, hint string) { t.failAt(join(t.path, key), message, hint) }

// failHere notes a mistake in the table as a whole.
func (t *table) failHere(message, hint string) { t.failAt(t.path, message, hint) }

func (t *table) failAt(path, message, hint string) {
	t.note(t.doc.errorAt(t.doc.place(path).value, message, hint))
}

func (t *table) note(err *Error) {
	if t.secret {
		err.hideValue()
	}
	*t.errs = append(*t.errs, err)
}

// placeOf gives the place of a key for a message about another one.
func (t *table) placeOf(key string) string {
	return fmt.Sprintf("%s:%d", t.doc.name, t.doc.line(t.doc.place(join(t.path, key)).key))
}

// finish tells every key that nobody asked for.
func (t *table) finish() {
	if t.read() {
		return
	}
	known := once(t.known)
	for key := range t.values {
		if slices.Contains(known, key) {
			continue
		}
		hint := "known keys: " + strings.Join(known, ", ")
		meant := nearest.Word(key, known)
		if meant != "" {
			hint = fmt.Sprintf("did you mean %q?", meant)
		}
		err := t.doc.errorAt(t.doc.place(join(t.path, key)).key, fmt.Sprintf("unknown key %q in %s", key, t.title), hint)
		if mayBeSecret(key, meant) {
			err.hideValue()
		}
		t.note(err)
	}
}

// once gives each text once, in the order of the first times.
func once(texts []string) []string {
	var out []string
	for _, s := range texts {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

var secretLike = regexp.MustCompile(`(?i)pass|pwd|auth|cred|key`)

// mayBeSecret reports whether the value of an unknown key may be a secret: it
// looks like a key that holds one, or is nearest to one.
func mayBeSecret(key, meant string) bool {
	assigned := meant + " = x"
	return secretLike.MatchString(key) || redact(assigned) != assigned
}

// mistyped tells that a value has another type than its key wants.
func (t *table) mistyped(path, key, want string, value any, hint string) {
	t.failAt(path, fmt.Sprintf("%s must be %s, not %s", key, want, kind(value)), hint)
}

// kind gives the type of a value in the operator's words.
func kind(value any) string {
	switch value.(type) {
	case string:
		return "text"
	case int64:
		return "a whole number"
	case float64:
		return "a number with a fraction"
	case bool:
		return "true or false"
	case []any:
		return "a list"
	case map[string]any:
		return "a table"
	}
	return "a date"
}

// text reads text.
func (t *table) text(key string, to *string) bool {
	value, ok := t.get(key)
	if !ok {
		return false
	}
	s, ok := value.(string)
	if !ok {
		hint := ""
		switch value.(type) {
		case int64, float64, bool:
			hint = "write it in quotes" // without the value: it may be a secret
		}
		t.mistyped(join(t.path, key), key, "text", value, hint)
		return false
	}
	if s == "" {
		return false
	}
	*to = s
	return true
}

// checked reads text that must pass a check. The check's error is the message,
// after the key; it gives the text to keep.
func (t *table) checked(key string, to *string, check func(string) (string, error)) bool {
	var s string
	if !t.text(key, &s) {
		return false
	}
	s, err := check(s)
	if err != nil {
		t.fail(key, key+": "+err.Error(), cureOf(err))
		return false
	}
	*to = s
	return true
}

// flag reads true or false.
func (t *table) flag(key string, to *bool) {
	value, ok := t.get(key)
	if !ok {
		return
	}
	b, ok := value.(bool)
	if !ok {
		hint := ""
		if value == "true" || value == "false" {
			hint = fmt.Sprintf("write it without quotes: %s = %s", key, value)
		}
		t.mistyped(join(t.path, key), key, "true or false", value, hint)
		return
	}
	*to = b
}

// whole reads a whole number within bounds.
func (t *table) whole(key string, to *int, least, most int) bool {
	value, ok := t.get(key)
	if !ok {
		return false
	}
	n, ok := value.(int64)
	if !ok {
		hint := ""
		if s, isText := value.(string); isText {
			if _, err := strconv.Atoi(s); err == nil {
				hint = fmt.Sprintf("write it without quotes: %s = %s", key, s)
			}
		}
		t.mistyped(join(t.path, key), key, "a whole number", value, hint)
		return false
	}
	if n < int64(least) || n > int64(most) {
		t.fail(key, fmt.Sprintf("%s must be between %d and %d, not %d", key, least, most, n), fmt.Sprintf("the nearest is %d", min(max(n, int64(least)), int64(most))))
		return false
	}
	*to = int(n)
	return true
}

// share reads a number in (0, 1].
func (t *table) share(key string, to *float64) {
	value, ok := t.get(key)
	if !ok {
		return
	}
	var share float64
	switch n := value.(type) {
	case float64:
		share = n
	case int64:
		share = float64(n)
	default:
		t.mistyped(join(t.path, key), key, "a number", value, "")
		return
	}
	if math.IsNaN(share) || share <= 0 || share > 1 {
		t.fail(key, fmt.Sprintf("%s is a share: above 0, at most 1, not %v", key, value), "1 means no limit")
		return
	}
	*to = share
}

// duration reads a duration within bounds.
func (t *table) duration(key string, to *time.Duration, least, most time.Duration) bool {
	value, ok := t.get(key)
	if !ok || value == "" {
		return false
	}
	s, ok := value.(string)
	if !ok {
		hint := `as in "30s", "5m", "90d"`
		if n, isWhole := value.(int64); isWhole {
			hint = fmt.Sprintf(`a unit is missing: write %s = "%ds"`, key, n)
		}
		t.mistyped(join(t.path, key), key, "a duration in quotes", value, hint)
		return false
	}
	d, err := ParseDuration(s)
	if err != nil {
		t.fail(key, key+": "+err.Error(), "")
		return false
	}
	if d < least || d > most {
		t.fail(key, fmt.Sprintf("%s must be between %s and %s", key, formatDuration(least), formatDuration(most)), fmt.Sprintf("the nearest is %q", formatDuration(min(max(d, least), most))))
		return false
	}
	*to = d
	return true
}

// texts reads a list of text, each of which must pass a check, and none twice.
func (t *table) texts(key string, to *[]string, check func(string) (string, error)) bool {
	value, ok := t.get(key)
	if !ok {
		return false
	}
	list, ok := value.([]any)
	if !ok {
		hint := ""
		if s, isText := value.(string); isText {
			hint = fmt.Sprintf("write %s = [%q]", key, s)
		}
		t.mistyped(join(t.path, key), key, "a list of text", value, hint)
		return false
	}
	out := make([]string, 0, len(list))
	for i, element := range list {
		path := join(join(t.path, key), strconv.Itoa(i))
		s, ok := element.(string)
		if !ok {
			t.mistyped(path, key, "a list of text", element, "")
			continue
		}
		s, err := check(s)
		if err == nil && slices.Contains(out, s) {
			t.failAt(path, fmt.Sprintf("%s: %q is there twice", key, s), "take one of them out")
			continue
		}
		if err != nil {
			t.failAt(path, key+": "+err.Error(), cureOf(err))
			continue
		}
		out = append(out, s)
	}
	*to = out
	return true
}

// oneOf reads one of a few words.
func oneOf[T ~string](t *table, key string, to *T, words ...T) {
	var s string
	if !t.text(key, &s) {
		return
	}
	if i := slices.Index(words, T(s)); i >= 0 {
		*to = words[i] // the text of the file is not held on to
		return
	}
	known := make([]string, len(words))
	for i, w := range words {
		known[i] = strconv.Quote(string(w))
	}
	hint := ""
	if meant := nearest.Word(strconv.Quote(s), known); meant != "" {
		hint = "did you mean " + meant + "?"
	}
	t.fail(key, fmt.Sprintf("%s must be one of %s, not %q", key, strings.Join(known, ", "), s), hint)
}

// table gives the table under a key, or nil.
func (t *table) table(key, title string) *table {
	value, ok := t.get(key)
	if !ok {
		return nil
	}
	values, ok := value.(map[string]any)
	if !ok {
		t.mistyped(join(t.path, key), key, "a table", value, fmt.Sprintf(`as in %s = { … }`, key))
		return nil
	}
	return &table{doc: t.doc, errs: t.errs, title: title, path: join(t.path, key), values: values, secret: t.secret}
}

// tables gives the tables of a list of them, to be read one after the other:
// they take turns with the room for what is known.
func (t *table) tables(key, title string) []*table {
	value, ok := t.get(key)
	if !ok {
		return nil
	}
	list, ok := value.([]any)
	if !ok {
		hint := ""
		if _, single := value.(map[string]any); single {
			hint = fmt.Sprintf("write [[%[1]s]] instead of [%[1]s]", key)
		}
		t.mistyped(join(t.path, key), key, "a list of tables", value, hint)
		return nil
	}
	out := make([]*table, 0, len(list))
	known, above := make([]string, 0, sourceKeys), join(t.path, key)
	for i, element := range list {
		path := join(above, strconv.Itoa(i))
		values, ok := element.(map[string]any)
		if !ok {
			t.mistyped(path, key, "a list of tables", element, "")
			continue
		}
		out = append(out, &table{doc: t.doc, errs: t.errs, title: title, path: path, values: values, known: known})
	}
	return out
}
