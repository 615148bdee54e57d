package transfer

import (
	"strings"
	"testing"

	"tributary/internal/store/relational"
)

func TestMatch(t *testing.T) {
	t.Parallel()
	table := func(name string, references []string, columns ...string) Table {
		t := Table{Name: name, References: references}
		for _, column := range columns {
			t.Columns = append(t.Columns, Column{column, Text})
		}
		return t
	}
	for _, test := range []struct {
		reason   string
		from, to []Table
		want     string // order, or error
	}{
		{"columns in another order", []Table{table("a", nil, "x", "y")}, []Table{table("a", nil, "y", "x")}, "a"},
		{"what others need comes first", []Table{table("a", nil, "x"), table("b", nil, "x"), table("c", nil, "x")},
			[]Table{table("a", []string{"b", "a"}, "x"), table("b", []string{"c"}, "x"), table("c", nil, "x")}, "c b a"},
		{"a table that the target lacks", []Table{table("a", nil), table("b", nil)}, []Table{table("a", nil)}, "table b is in the source only"},
		{"a table that the source lacks", []Table{table("a", nil)}, []Table{table("a", nil), table("b", nil)}, "table b is in the target only"},
		{"a column that the target lacks", []Table{table("a", nil, "x")}, []Table{table("a", nil)}, "column a.x (text) is in the source only"},
		{"a column that the source lacks", []Table{table("a", nil)}, []Table{table("a", nil, "x")}, "column a.x (text) is in the target only"},
		{"a column of another kind", []Table{table("a", nil, "x")}, []Table{{Name: "a", Columns: []Column{{"x", Bytes}}}}, "column a.x (bytes) is in the target only"},
		{"a circle", []Table{table("a", nil), table("b", nil)}, []Table{table("a", []string{"b"}), table("b", []string{"a"})}, "circle"},
	} {
		pairs, err := match(test.from, test.to)
		var names []string
		for _, p := range pairs {
			names = append(names, p.to.Name)
		}
		got := strings.Join(names, " ")
		if err != nil {
			got = err.Error()
		}
		if err == nil && got != test.want || !strings.Contains(got, test.want) {
			t.Errorf("%s: %s, want %s", test.reason, got, test.want)
		}
	}
}

func TestKeyOf(t *testing.T) {
	t.Parallel()
	p := pair{from: Table{Columns: []Column{{"x", Text}, {"n", Integer}}, Key: []string{"n", "x"}}}
	for text, want := range map[string]string{
		"a\nb":                     `n 7, x "a\nb"`,
		"https://u:pw@h.example/x": `n 7, x "https://h.example/x"`,
		strings.Repeat("x", 121):   `n 7, x "` + strings.Repeat("x", 120) + `…"`,
	} {
		if got := p.keyOf(relational.Row{text, int64(7)}); got != want {
			t.Errorf("%q is told as %s, want %s", text, got, want)
		}
	}
}

// No change of a row goes unseen, wherever its rows stand.
func TestSum(t *testing.T) {
	t.Parallel()
	sum := func(rows ...relational.Row) (s Sum) {
		for _, row := range rows {
			if err := s.add(row); err != nil {
				t.Fatal(err)
			}
		}
		return s
	}
	a, b := relational.Row{int64(1), "x", nil}, relational.Row{int64(2), "y", []byte("z")}
	want := sum(a, b)
	if got := sum(b, a); got != want {
		t.Errorf("in another order: %x, want %x", got, want)
	}
	for reason, rows := range map[string][]relational.Row{
		"a number":                     {{int64(3), "x", nil}, b},
		"a text":                       {{int64(1), "X", nil}, b},
		"empty instead of nothing":     {{int64(1), "x", ""}, b},
		"bytes instead of text":        {a, {int64(2), "y", "z"}},
		"a letter moves to the next":   {a, {int64(2), "", []byte("yz")}},
		"columns change their places":  {a, {int64(2), []byte("z"), "y"}},
		"values change their rows":     {{int64(2), "x", nil}, {int64(1), "y", []byte("z")}},
		"one is there twice":           {a, b, b},
		"one takes the other's place ": {a, a},
	} {
		if got := sum(rows...); got == want {
			t.Errorf("%s: nothing seen", reason)
		}
	}
	if err := new(Sum).add(relational.Row{1.5}); err == nil {
		t.Error("a kind that no column has is let through")
	}
}
