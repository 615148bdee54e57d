package sqlite

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// millis turns a time into what a nullable column stores: unknown is NULL.
func millis(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

// instant reads a nullable time column, or one where 0 stands for unknown.
type instant struct{ *time.Time }

func (i instant) Scan(value any) error {
	switch value := value.(type) {
	case nil:
		*i.Time = time.Time{}
	case int64:
		*i.Time = time.UnixMilli(value).UTC()
	default:
		return fmt.Errorf("a time can't be %T", value)
	}
	return nil
}

// hash reads 64 bits that were stored as a signed number.
type hash struct{ *uint64 }

func (h hash) Scan(value any) error {
	n, ok := value.(int64)
	if !ok {
		return fmt.Errorf("a hash can't be %T", value)
	}
	*h.uint64 = uint64(n)
	return nil
}

// nullable stores an empty text as NULL.
func nullable(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// object reads a column of compact JSON into what into points to.
type object struct{ into any }

func (o object) Scan(value any) error {
	switch value := value.(type) {
	case nil:
		return nil
	case string:
		return json.Unmarshal([]byte(value), o.into)
	}
	return fmt.Errorf("JSON can't be %T", value)
}

// list gives the JSON of a list, NULL for an empty one.
func list[T any](values []T) (any, error) {
	if len(values) == 0 {
		return nil, nil
	}
	return compact(values)
}

// compact gives JSON without what is escaped for the sake of HTML only.
func compact(value any) (string, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return "", err
	}
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), nil
}
