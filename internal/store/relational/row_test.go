package relational_test

import (
	"testing"
	"time"

	"tributary/internal/news"
	"tributary/internal/store/relational"
)

func TestScan(t *testing.T) {
	t.Parallel()
	var key news.StoryKey
	var health news.Health
	var lasting time.Duration
	var yes bool
	var there, missing *int64
	left := 7
	row := relational.Row{int64(1), "ok", int64(time.Second), int64(1), int64(5), nil, nil}
	if err := row.Scan(&key, &health, &lasting, &yes, &there, &missing, &left); err != nil {
		t.Fatal(err)
	}
	if key != 1 || health != news.HealthOK || lasting != time.Second || !yes || there == nil || *there != 5 || missing != nil || left != 0 {
		t.Errorf("%v %v %v %v %v %v %v", key, health, lasting, yes, there, missing, left)
	}
}

func TestScanRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		reason string
		row    relational.Row
		dest   []any
	}{
		{"too few destinations", relational.Row{int64(1), int64(2)}, []any{new(int)}},
		{"a text as a number", relational.Row{"1"}, []any{new(int)}},
		{"a number as a text", relational.Row{int64(1)}, []any{new(string)}},
		{"a number too large", relational.Row{int64(300)}, []any{new(int8)}},
		{"a fraction", relational.Row{0.5}, []any{new(int)}},
	}
	for _, test := range tests {
		if err := test.row.Scan(test.dest...); err == nil {
			t.Errorf("%s: no error", test.reason)
		}
	}
}
