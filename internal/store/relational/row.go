package relational

import (
	"database/sql"
	"database/sql/driver"
	"fmt"
	"reflect"
)

// Scanner is a row that can be read.
type Scanner interface{ Scan(dest ...any) error }

type scanner = Scanner

// Row is one row of a result, until the next one is read: int64, string, []byte
// or nil in each column.
type Row []driver.Value

// Scan reads the columns into what dest points to: numbers, texts and
// booleans of any named type, pointers to these, which NULL makes nil, or an
// sql.Scanner. Anything else becomes zero with NULL.
func (r Row) Scan(dest ...any) error {
	if len(dest) != len(r) {
		return fmt.Errorf("%d columns for %d destinations", len(r), len(dest))
	}
	for i, value := range r {
		if err := scan(dest[i], value); err != nil {
			return fmt.Errorf("column %d: %w", i+1, err)
		}
	}
	return nil
}

// scan reads one column. What stands for itself is read without reflection,
// which costs several times as much.
func scan(dest any, value driver.Value) error {
	switch to := dest.(type) {
	case sql.Scanner:
		return to.Scan(value)
	case *int64:
		if n, ok := value.(int64); ok {
			*to = n
			return nil
		}
	case *string:
		if text, ok := value.(string); ok {
			*to = text
			return nil
		}
	}
	return assign(reflect.ValueOf(dest).Elem(), value)
}

func assign(to reflect.Value, value driver.Value) error {
	kind := to.Kind()
	if value == nil {
		to.SetZero()
		return nil
	}
	if kind == reflect.Pointer {
		to.Set(reflect.New(to.Type().Elem()))
		return assign(to.Elem(), value)
	}
	switch value := value.(type) {
	case int64:
		switch {
		case to.CanInt() && !to.OverflowInt(value):
			to.SetInt(value)
			return nil
		case kind == reflect.Bool:
			to.SetBool(value != 0)
			return nil
		}
	case string:
		if kind == reflect.String {
			to.SetString(value)
			return nil
		}
	}
	return fmt.Errorf("%T %v can't become %v", value, value, to.Type())
}
