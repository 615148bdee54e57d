package parse

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The tests of feedparser state what they expect as Python expressions. This
// evaluates the part of Python they use: literals, names, subscripts,
// attributes, calls of len, ord, isinstance and has_key, comparisons (chained
// too), not, and, or.

// errNotKept is the error of an expression over something that we don't keep.
var errNotKept = errors.New("not kept")

// record is a Python object with named parts. A part that is not in it is one
// that we don't keep; one whose value is [absent] is kept, but not there.
type record map[string]any

// absent is what a document says nothing of.
type absent struct{}

// matcher is a value that knows what it equals.
type matcher interface{ matches(want any) bool }

// expression is an expression under evaluation.
type expression struct {
	src   string
	names record
}

// conjuncts splits an expression at its outermost "and"s.
func conjuncts(src string) []string {
	var parts []string
	depth, start := 0, 0
	for i := 0; i < len(src); i++ {
		switch c := src[i]; {
		case c == '(' || c == '[' || c == '{':
			depth++
		case c == ')' || c == ']' || c == '}':
			depth--
		case c == '\'' || c == '"':
			i = max(i, pythonStringEnd(src, i)-1)
		case depth == 0 && strings.HasPrefix(src[i:], " and "):
			parts = append(parts, strings.TrimSpace(src[start:i]))
			start = i + len(" and ")
			i = start - 1
		}
	}
	return append(parts, strings.TrimSpace(src[start:]))
}

// evaluate gives the value of an expression. Parentheses around "and"s at the
// top are split by the caller only as far as they are outermost.
func evaluate(src string, names record) (value any, err error) {
	e := &expression{src: src, names: names}
	if value, err = e.or(); err != nil {
		return nil, err
	}
	if e.space(); e.src != "" {
		return nil, fmt.Errorf("can't read %q", e.src)
	}
	return value, nil
}

func (e *expression) space() { e.src = strings.TrimLeft(e.src, " \t") }

// take takes a word or sign off the front.
func (e *expression) take(token string) bool {
	e.space()
	if !strings.HasPrefix(e.src, token) {
		return false
	}
	rest := e.src[len(token):]
	if isWord(token[len(token)-1]) && rest != "" && isWord(rest[0]) {
		return false
	}
	e.src = rest
	return true
}

func isWord(c byte) bool { return c == '_' || isName(c) && c != ':' && c != '-' && c != '.' }

func (e *expression) or() (any, error) {
	left, err := e.and()
	for err == nil && e.take("or") {
		var right any
		if right, err = e.and(); !truth(left) {
			left = right
		}
	}
	return left, err
}

func (e *expression) and() (any, error) {
	left, err := e.not()
	for err == nil && e.take("and") {
		var right any
		if right, err = e.not(); truth(left) {
			left = right
		}
	}
	return left, err
}

func (e *expression) not() (any, error) {
	if e.take("not") {
		v, err := e.not()
		return !truth(v), err
	}
	return e.comparison()
}

func (e *expression) comparison() (any, error) {
	left, err := e.postfix()
	if err != nil {
		return nil, err
	}
	result, compared := true, false
	for {
		var wanted bool
		switch {
		case e.take("=="):
			wanted = true
		case e.take("!="):
		case e.take("is not"):
		case e.take("is"):
			wanted = true
		default:
			if compared {
				return result, nil
			}
			return left, nil
		}
		right, err := e.postfix()
		if err != nil {
			return nil, err
		}
		result, compared = result && equal(left, right) == wanted, true
		left = right
	}
}

// postfix reads a value and what is applied to it.
func (e *expression) postfix() (any, error) {
	v, err := e.primary()
	for err == nil {
		switch {
		case e.take("["):
			var key any
			if key, err = e.or(); err == nil && !e.take("]") {
				err = errors.New("no ]")
			}
			if err == nil {
				v, err = part(v, key)
			}
		case e.take(".has_key("):
			var key any
			if key, err = e.or(); err == nil {
				_, missing := v.(record)[key.(string)].(absent)
				v = !missing
				e.take(")")
			}
		case e.take("."):
			v, err = part(v, e.word())
		default:
			return v, nil
		}
	}
	return nil, err
}

func (e *expression) word() string {
	end := 0
	for end < len(e.src) && isWord(e.src[end]) {
		end++
	}
	word := e.src[:end]
	e.src = e.src[end:]
	return word
}

// part gives a part of a value.
func part(v, key any) (any, error) {
	switch v := v.(type) {
	case record:
		found, ok := v[key.(string)]
		if !ok {
			return nil, fmt.Errorf("%w: %v", errNotKept, key)
		}
		if _, ok := found.(absent); ok {
			return nil, fmt.Errorf("no %v", key)
		}
		return found, nil
	case linkList:
		if len(v) == 1 && key == 0 {
			return v[0], nil
		}
		return nil, errNotKept
	case []any:
		n, ok := key.(int)
		if n < 0 {
			n += len(v)
		}
		if !ok || n < 0 || n >= len(v) {
			return nil, fmt.Errorf("no element %v of %d", key, len(v))
		}
		return v[n], nil
	}
	return nil, fmt.Errorf("nothing within %v", v)
}

// primary reads a literal, a name, a call or a parenthesis.
func (e *expression) primary() (any, error) {
	e.space()
	switch {
	case e.src == "":
		return nil, errors.New("expression ends early")
	case e.take("("):
		list, comma, err := e.list(")")
		if err == nil && len(list) == 1 && !comma {
			return list[0], nil
		}
		return list, err
	case e.take("["):
		list, _, err := e.list("]")
		return list, err
	case e.take("{"):
		return e.dict()
	case strings.HasPrefix(e.src, "u'") || strings.HasPrefix(e.src, `u"`):
		e.src = e.src[1:]
		return e.primary()
	case e.src[0] == '\'' || e.src[0] == '"':
		end := pythonStringEnd(e.src, 0)
		literal := e.src[:end]
		e.src = e.src[end:]
		return unquotePython(literal)
	case e.src[0] == '-' || '0' <= e.src[0] && e.src[0] <= '9':
		return e.number()
	}
	return e.name(e.word())
}

func (e *expression) number() (any, error) {
	end := 1
	for end < len(e.src) && (e.src[end] == '.' || '0' <= e.src[end] && e.src[end] <= '9') {
		end++
	}
	digits := e.src[:end]
	e.src = e.src[end:]
	if strings.Contains(digits, ".") {
		return strconv.ParseFloat(digits, 64)
	}
	return strconv.Atoi(digits)
}

func (e *expression) name(word string) (any, error) {
	switch word {
	case "None":
		return nil, nil
	case "True":
		return true, nil
	case "False":
		return false, nil
	case "len", "ord":
		if !e.take("(") {
			return nil, errors.New("no argument")
		}
		v, err := e.or()
		if err == nil && !e.take(")") {
			err = errors.New("no )")
		}
		if err != nil {
			return nil, err
		}
		switch v := v.(type) {
		case []any:
			return len(v), nil
		case linkList:
			return len(v), nil
		case fmt.Stringer:
			r, _ := utf8.DecodeRuneInString(v.String())
			return int(r), nil
		}
		return nil, fmt.Errorf("%s of %v", word, v)
	case "isinstance":
		return nil, errNotKept
	}
	return part(e.names, word)
}

func (e *expression) list(end string) (list []any, comma bool, err error) {
	list = []any{}
	for !e.take(end) {
		v, err := e.or()
		if err != nil {
			return nil, false, err
		}
		list = append(list, v)
		if e.take(",") {
			comma = true
		} else if e.space(); !strings.HasPrefix(e.src, end) {
			return nil, false, fmt.Errorf("no %s at %q", end, e.src)
		}
	}
	return list, comma, nil
}

func (e *expression) dict() (any, error) {
	object := record{}
	for !e.take("}") {
		key, err := e.or()
		if err != nil {
			return nil, err
		}
		if !e.take(":") {
			return nil, fmt.Errorf("no : at %q", e.src)
		}
		value, err := e.or()
		if err != nil {
			return nil, err
		}
		object[key.(string)] = value
		e.take(",")
	}
	return object, nil
}

// truth is Python's.
func truth(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case int:
		return v != 0
	case string:
		return v != ""
	case []any:
		return len(v) > 0
	}
	return true
}

func equal(a, b any) bool {
	if m, ok := a.(matcher); ok {
		if other, ok := b.(matcher); ok {
			return fmt.Sprint(m) == fmt.Sprint(other)
		}
		return m.matches(b)
	}
	if m, ok := b.(matcher); ok {
		return m.matches(a)
	}
	if x, ok := a.([]any); ok {
		y, ok := b.([]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for i := range x {
			if !equal(x[i], y[i]) {
				return false
			}
		}
		return true
	}
	if x, ok := a.(record); ok {
		y, ok := b.(record)
		for name := range y {
			if found, kept := x[name]; !ok || kept && !equal(found, y[name]) {
				return false
			}
		}
		return ok
	}
	return a == b
}

// pythonStringEnd gives the position after the string literal at src[i].
func pythonStringEnd(src string, i int) int {
	quote := src[i : i+1]
	if triple := strings.Repeat(quote, 3); strings.HasPrefix(src[i:], triple) {
		if n := strings.Index(src[i+3:], triple); n >= 0 {
			return i + 3 + n + 3
		}
	}
	for i++; i < len(src) && src[i] != quote[0]; i++ {
		if src[i] == '\\' {
			i++
		}
	}
	return min(i+1, len(src))
}

// unquotePython reads a string literal. Its escapes are those of Go, but for
// an escaped quote of either kind and the escapes that Python leaves alone.
func unquotePython(literal string) (string, error) {
	quote := literal[:1]
	inner := strings.Trim(literal, quote)
	if !strings.HasPrefix(literal, strings.Repeat(quote, 3)) {
		inner = literal[1 : len(literal)-1]
	}
	var b strings.Builder
	for inner != "" {
		if len(inner) > 1 && inner[0] == '\\' && strings.IndexByte(`'"`, inner[1]) >= 0 {
			b.WriteByte(inner[1])
			inner = inner[2:]
			continue
		}
		r, multibyte, rest, err := strconv.UnquoteChar(inner, 0)
		if err != nil {
			return "", fmt.Errorf("string %s: %w", literal, err)
		}
		if multibyte || r < utf8.RuneSelf || inner[0] == '\\' {
			b.WriteRune(r) // \xa3 is a character, not a byte
		}
		inner = rest
	}
	return b.String(), nil
}
