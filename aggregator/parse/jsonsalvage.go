package parse

import (
	"bytes"
	stdjson "encoding/json"
)

// salvageJSON reads what can be read of broken JSON, the mistakes of hand-made
// feeds first: commas before a closing bracket, line ends and tabs within
// strings, a backslash before what needs none. What is whole before the first
// other mistake, or before the end of a document that was cut off, counts. It
// reports false when that is nothing.
func salvageJSON(text []byte) (map[string]any, bool) {
	d := stdjson.NewDecoder(bytes.NewReader(mendSyntax(text)))
	d.UseNumber()
	if _, err := d.Token(); err != nil {
		return nil, false
	}
	feed := map[string]any{}
	for d.More() {
		token, err := d.Token()
		name, ok := token.(string)
		if err != nil || !ok {
			break
		}
		var value any
		if name == "items" {
			value, err = salvageItems(d)
		} else {
			err = d.Decode(&value)
		}
		if value != nil {
			feed[name] = value
		}
		if err != nil {
			break
		}
	}
	return feed, len(feed) > 0
}

// salvageItems reads the items up to the first that is broken.
func salvageItems(d *stdjson.Decoder) ([]any, error) {
	list := []any{}
	token, err := d.Token()
	if err != nil || token != stdjson.Delim('[') {
		return list, err
	}
	for d.More() {
		var item any
		if err := d.Decode(&item); err != nil {
			return list, err
		}
		list = append(list, item)
	}
	_, err = d.Token()
	return list, err
}

// mendSyntax mends what can be told for a mistake without understanding it.
func mendSyntax(text []byte) []byte {
	out := make([]byte, 0, len(text)+len(text)/16)
	inString := false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '"':
			inString = !inString
		case inString && c == '\\':
			i++
			if i < len(text) && bytes.IndexByte([]byte(`"\/bfnrtu`), text[i]) >= 0 {
				out = append(out, '\\')
			}
			if i < len(text) {
				c = text[i]
			}
		case inString && c == '\n':
			out, c = append(out, '\\'), 'n'
		case inString && c == '\r':
			out, c = append(out, '\\'), 'r'
		case inString && c == '\t':
			out, c = append(out, '\\'), 't'
		case c == ',' && !inString:
			if next := skipSpace(text, i+1); next < len(text) && (text[next] == ']' || text[next] == '}') {
				continue
			}
		}
		out = append(out, c)
	}
	return out
}
