package config

import (
	"bytes"
	"cmp"
	"errors"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

const byteOrderMark = "\ufeff"

// document is one TOML file: its values, and where in the file they stand.
type document struct {
	name   string // as shown in errors
	path   string // absolute
	dir    string // what relative paths in it are relative to; absolute
	data   []byte // without a byte order mark
	values map[string]any

	lines  []int            // offsets at which lines start; nil until somebody asks
	places map[string]place // nil until somebody asks
}

// place is where a key and its value stand, in bytes from the start.
type place struct {
	key, value int
	raw        string // of a string: as it is written, with its quotes
}

// parseDocument reads a TOML file. Only its syntax can be wrong here, and of
// that only the first mistake is known.
func parseDocument(name, path string, data []byte) (*document, *Error) {
	data = bytes.TrimPrefix(data, []byte(byteOrderMark))
	d := &document{name: name, path: path, dir: filepath.Dir(path), data: data}
	if err := toml.Unmarshal(d.data, &d.values); err != nil {
		return nil, d.syntaxError(err)
	}
	return d, nil
}

func (d *document) syntaxError(err error) *Error {
	message := strings.TrimPrefix(err.Error(), "toml: ")
	var located *toml.DecodeError
	if !errors.As(err, &located) {
		return &Error{File: d.name, Message: message}
	}
	line, column := located.Position()
	starts := d.lineStarts()
	line = min(max(line, 1), len(starts))
	offset := min(starts[line-1]+column-1, len(d.data))
	return d.errorAt(offset, message, cmp.Or(valueHint(message, d.data[offset:]), syntaxHint(message)))
}

// valueHint gives the cure for what can't begin a value.
func valueHint(message string, rest []byte) string {
	if !strings.Contains(message, "start of value") {
		return ""
	}
	value, _, _ := strings.Cut(string(rest[:min(len(rest), 16)]), "\n")
	value = strings.TrimSpace(value)
	word := strings.ToLower(value)
	switch {
	case value == "" || strings.HasPrefix(value, "#"):
		return "a value is missing"
	case strings.HasPrefix(word, "true") || strings.HasPrefix(word, "false"):
		return "true and false are written in small letters"
	case strings.HasPrefix(word, "yes") || strings.HasPrefix(word, "no"):
		return "write true or false; text stands in quotes"
	case strings.ContainsAny(value[:min(len(value), 3)], "“”„‘’"):
		return `text stands in straight quotes: " or '`
	}
	return "text stands in quotes"
}

// syntaxHint gives the cure for the mistakes of syntax that are made most.
func syntaxHint(message string) string {
	for _, known := range []struct{ part, hint string }{
		{"escape character", `write \\ for \, or use single quotes, in which \ is nothing special`},
		{"array is incomplete", "a ] is missing at the end of the list"},
		{"to close table name", "a ] is missing after the name of the table"},
		{"is already defined", "a key stands once in its table: take one of the lines out"},
		{"already exists", "a table stands once: put its keys together; only [[source]], [[feed]] and [[reading_list]] may come often"},
		{"new lines", "a quote is missing at the end of the line"},
		{"array table name", "a table that may come often has two brackets on each side, as in [[source]]"},
		{"invalid character", "text stands in quotes"},
		{"expected", "write key = value, with text in quotes"},
	} {
		if strings.Contains(message, known.part) {
			return known.hint
		}
	}
	return ""
}

// errorAt makes an error at an offset.
func (d *document) errorAt(offset int, message, hint string) *Error {
	offset = min(max(offset, 0), len(d.data))
	line := d.line(offset)
	start := d.lineStarts()[line-1]
	text, _, _ := bytes.Cut(d.data[start:], []byte("\n"))
	return &Error{
		File: d.name, Line: line, Column: utf8.RuneCount(d.data[start:offset]) + 1,
		Text: redact(strings.ToValidUTF8(strings.TrimRight(string(text), "\r"), "�")), Message: message, Hint: hint,
	}
}

// line gives the line, from 1, of an offset.
func (d *document) line(offset int) int { return sort.SearchInts(d.lineStarts(), offset+1) }

// lineStarts gives the offsets at which lines start.
func (d *document) lineStarts() []int {
	if d.lines != nil {
		return d.lines
	}
	d.lines = []int{0}
	for i, c := range d.data {
		if c == '\n' {
			d.lines = append(d.lines, i+1)
		}
	}
	return d.lines
}

// resolve makes a path of the document absolute.
func (d *document) resolve(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(d.dir, path)
}

// join names a key, or an index, inside a table or list.
func join(path, key string) string { return path + "\x00" + key }

// place gives where a path stands. The decoded values don't know, so the first
// question walks the syntax once more. Only mistakes and edits ask: a config
// without them is read in two thirds of the time and half the memory.
func (d *document) place(path string) place {
	if d.places == nil {
		d.places = map[string]place{}
		d.index()
	}
	return d.places[path]
}

// index notes where everything stands.
func (d *document) index() {
	var parser unstable.Parser
	parser.Reset(d.data)
	w := indexer{document: d, parser: &parser, lengths: map[string]int{}}
	for parser.NextExpression() {
		switch node := parser.Expression(); node.Kind {
		case unstable.Table, unstable.ArrayTable:
			w.header(node)
		case unstable.KeyValue:
			w.keyValue(w.table, node)
		}
	}
}

// indexer keeps what a document's header lines set.
type indexer struct {
	*document
	parser  *unstable.Parser
	table   string         // path of the current table
	lengths map[string]int // of lists of tables, so far
}

// header enters a table. A name on the way that is a list of tables means its
// last one.
func (w *indexer) header(node *unstable.Node) {
	w.table = ""
	for keys := node.Key(); keys.Next(); {
		key := keys.Node()
		w.table = join(w.table, string(key.Data))
		w.note(w.table, place{key: int(key.Raw.Offset), value: int(key.Raw.Offset)})
		if keys.IsLast() && node.Kind == unstable.ArrayTable {
			w.lengths[w.table]++
		}
		if n := w.lengths[w.table]; n > 0 {
			w.table = join(w.table, strconv.Itoa(n-1))
			w.note(w.table, place{key: int(key.Raw.Offset), value: int(key.Raw.Offset)})
		}
	}
}

// note keeps the first place of a path.
func (w *indexer) note(path string, at place) {
	if _, seen := w.places[path]; !seen {
		w.places[path] = at
	}
}

func (w *indexer) keyValue(path string, node *unstable.Node) {
	var start, end int
	for keys := node.Key(); keys.Next(); {
		key := keys.Node()
		path = join(path, string(key.Data))
		start, end = int(key.Raw.Offset), int(key.Raw.Offset+key.Raw.Length)
		w.note(path, place{key: start, value: start})
	}
	value := end + len(w.data[end:]) - len(bytes.TrimLeft(w.data[end:], " \t="))
	w.places[path] = place{key: start, value: value}
	w.value(path, node.Value())
}

// value notes what stands inside a value.
func (w *indexer) value(path string, node *unstable.Node) {
	at := w.places[path]
	switch node.Kind {
	case unstable.String:
		at.raw = string(w.parser.Raw(node.Raw))
		w.places[path] = at
	case unstable.InlineTable:
		for pairs := node.Children(); pairs.Next(); {
			w.keyValue(path, pairs.Node())
		}
	case unstable.Array:
		i := 0
		for elements := node.Children(); elements.Next(); {
			element := elements.Node()
			if element.Kind == unstable.Comment {
				continue
			}
			inner := at
			if element.Raw.Length > 0 {
				inner = place{key: int(element.Raw.Offset), value: int(element.Raw.Offset)}
			}
			elementPath := join(path, strconv.Itoa(i))
			w.places[elementPath] = inner
			w.value(elementPath, element)
			i++
		}
	}
}
