package relational

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

// orZero is millis for a place in a list, which holds no NULL.
func orZero(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// kept is a time as a column gives it back.
func kept(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return time.UnixMilli(t.UnixMilli()).UTC()
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
	if value == nil {
		*h.uint64 = 0
		return nil
	}
	n, ok := value.(int64)
	if !ok {
		return fmt.Errorf("a hash can't be %T", value)
	}
	*h.uint64 = uint64(n)
	return nil
}

// bits reads a list of small numbers that was stored as a set of bits.
type bits[T ~int] struct{ list *[]T }

func (b bits[T]) Scan(value any) error {
	*b.list = nil
	if value == nil {
		return nil
	}
	set, ok := value.(int64)
	if !ok {
		return fmt.Errorf("a set of bits can't be %T", value)
	}
	for i := T(0); set>>i != 0; i++ {
		if set>>i&1 != 0 {
			*b.list = append(*b.list, i)
		}
	}
	return nil
}

// setOf turns a list of numbers from 0 to 62 into what bits reads: without
// order and repetition.
func setOf[T ~int](list []T) (set int64) {
	for _, i := range list {
		if 0 <= i && i < 63 {
			set |= 1 << i
		}
	}
	return set
}

// nullable stores an empty text as NULL.
func nullable[T ~string](text T) any {
	if text == "" {
		return nil
	}
	return string(text)
}

// nonzero stores 0 as NULL.
func nonzero[T ~int | ~int64 | ~uint64](n T) any {
	if n == 0 {
		return nil
	}
	return int64(n)
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

// blob reads bytes, which are the caller's own; NULL is nil.
type blob struct{ into *[]byte }

func (b blob) Scan(value any) error {
	*b.into = nil
	if value == nil {
		return nil
	}
	read, ok := value.([]byte)
	if !ok {
		return fmt.Errorf("bytes can't be %T", value)
	}
	*b.into = bytes.Clone(read)
	return nil
}

// bytesOrNull stores no bytes as NULL.
func bytesOrNull(value []byte) any {
	if len(value) == 0 {
		return nil
	}
	return value
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
