package render_test

import (
	"bytes"
	"reflect"
	"testing"
	"time"

	"tributary/internal/news"
	"tributary/publisher/render"
)

// unseen are the fields that no format tells: changing them changes no byte,
// and need not change what a fragment is known by.
var unseen = map[string]bool{
	"Story.Key": true, "Story.Source": true, "Story.ID": true, "Story.Canonical": true, "Story.Words": true,
	"Story.Origin": true, "Story.Published": true, "Story.Updated": true, "Story.FirstSeen": true,
	"Story.Updates": true, "Story.Local": true, "Story.Slug": true, "Story.Hash": true, "Story.RawHash": true,
	"Story.Dated": true, "Story.Original": true, "From.Key": true, "From.Tags": true,
}

// Whatever differs in an item, reusing fragments gives what rendering anew
// gives. The fields are found by reflection, so that a new one isn't forgotten.
func TestReusedFragmentsAreRight(t *testing.T) {
	t.Parallel()
	base := richEdition()
	for _, f := range render.Formats {
		last, err := f.Render(base, options)
		if err != nil {
			t.Fatal(err)
		}
		for _, field := range fieldsOf(reflect.TypeFor[news.Item](), nil, "") {
			changed := richEdition()
			if !alter(reflect.ValueOf(&changed.Items[0]).Elem().FieldByIndex(field.index)) {
				t.Fatalf("%s: don't know how to change a %s", field.name, field.kind)
			}
			fresh, err := f.Render(changed, options)
			if err != nil {
				t.Fatal(err)
			}
			with := options
			with.Last = &last
			reused, err := f.Render(changed, with)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(fresh.Body, reused.Body) {
				t.Errorf("%s: a change of %s is not seen", f.Name, field.name)
			}
			if err := f.Verify(reused.Proof, reused.ProofItems); err != nil {
				t.Errorf("%s: %s: the proof: %v", f.Name, field.name, err)
			}
			if reused.ProofItems > 1 || len(reused.Proof) >= len(reused.Body) {
				t.Errorf("%s: %s: %d items in a proof of %d bytes", f.Name, field.name, reused.ProofItems, len(reused.Proof))
			}
			if unseen[field.name] && !bytes.Equal(fresh.Body, last.Body) {
				t.Errorf("%s: %s is told after all", f.Name, field.name)
			}
		}
	}
}

// Formats that share what was worked out give what each gives alone, and items
// of another edition are not taken for those of this one.
func TestPreparedItemsAreRight(t *testing.T) {
	t.Parallel()
	with, wrong := options, options
	rich := richEdition()
	with.Items, wrong.Items = render.Prepare(rich), render.Prepare(edition(bare()))
	for _, f := range render.Formats {
		alone, err := f.Render(rich, options)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range []render.Options{with, wrong, with} {
			if got, err := f.Render(rich, o); err != nil || !bytes.Equal(got.Body, alone.Body) {
				t.Errorf("%s: other bytes with prepared items; error: %v", f.Name, err)
			}
		}
	}
}

type fieldOf struct {
	name  string
	index []int
	kind  reflect.Kind
}

// fieldsOf lists the fields of a struct and of the structs in it.
func fieldsOf(typ reflect.Type, at []int, prefix string) (list []fieldOf) {
	for i := range typ.NumField() {
		f := typ.Field(i)
		index := append(append([]int(nil), at...), i)
		if f.Type.Kind() == reflect.Struct && f.Type != reflect.TypeFor[time.Time]() {
			list = append(list, fieldsOf(f.Type, index, prefix+f.Name+".")...)
			continue
		}
		list = append(list, fieldOf{prefix + f.Name, index, f.Type.Kind()})
	}
	return list
}

// alter makes a value another one.
func alter(v reflect.Value) bool {
	switch value := v.Addr().Interface().(type) {
	case *time.Time:
		*value = value.Add(time.Hour)
		return true
	case *news.ContentMode:
		*value = news.ContentTitle
		return true
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(v.String() + "x")
	case reflect.Int, reflect.Int64:
		v.SetInt(v.Int() + 1)
	case reflect.Uint64:
		v.SetUint(v.Uint() + 1)
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
	case reflect.Slice:
		if v.Len() == 0 {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			return true
		}
		v.Set(v.Slice(1, v.Len()))
	default:
		return false
	}
	return true
}

// BenchmarkRenderAgain renders three formats of 50 stories of which one is new.
func BenchmarkRenderAgain(b *testing.B) {
	e := fifty()
	last := make([]render.Rendered, len(render.Formats))
	for i, f := range render.Formats {
		out, err := f.Render(e, options)
		if err != nil {
			b.Fatal(err)
		}
		last[i] = out
	}
	e.Items[0].Title += " – mended"
	b.ReportAllocs()
	for b.Loop() {
		with := options
		with.Items = render.Prepare(e)
		for i, f := range render.Formats {
			with.Last = &last[i]
			if _, err := f.Render(e, with); err != nil {
				b.Fatal(err)
			}
		}
	}
}
