package render

import (
	"bytes"
	"fmt"
	"testing"
)

const jsonHead = `{"version":"https://jsonfeed.org/version/1.1",`

func TestScanJSON(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		body   string
		items  int
		ok     bool
		reason string
	}{
		{jsonHead + `"items":[]}`, 0, true, "no items"},
		{jsonHead + "\"items\" : [\n{\"id\":\"1\"},\r\n\t{ } ] } \n", 2, true, "items and spaces"},
		{jsonHead + `"x":[1,-0.5e+7,0,true,false,null,"",{"y":[]}],"items":[{}]}`, 1, true, "values of all kinds"},
		{jsonHead + `"x":"\"\\\/\b\f\n\r\t\u00e9é","items":[]}`, 0, true, "escapes"},
		{jsonHead + `"x":{"items":[{}]},"items":[]}`, 0, true, "only those of the root"},
		{`{"items":[]}`, 0, false, "no version"},
		{jsonHead + `"x":1}`, 0, false, "no items"},
		{jsonHead + `"items":[],"items":[{}]}`, 0, false, "items twice"},
		{jsonHead + `"Items":[{}]}`, 0, false, "items by another name"},
		{jsonHead + `"it\u0065ms":[{}]}`, 0, false, "items in disguise"},
		{jsonHead + `"items":{}}`, 0, false, "no list"},
		{jsonHead + `"items":null}`, 0, false, "nothing"},
		{jsonHead + `"items":[1]}`, 0, false, "an item that is no object"},
		{jsonHead + `"items":[{},]}`, 0, false, "a comma too much"},
		{jsonHead + `"items":[{}{}]}`, 0, false, "a comma too few"},
		{jsonHead + `"items":[]}{}`, 0, false, "more behind it"},
		{jsonHead + `"items":[]`, 0, false, "not closed"},
		{jsonHead + `"items":[],}`, 0, false, "a key is missing"},
		{jsonHead + `"x" 1,"items":[]}`, 0, false, "no colon"},
		{jsonHead + `"x":01,"items":[]}`, 0, false, "a leading zero"},
		{jsonHead + `"x":1.,"items":[]}`, 0, false, "no digits behind the point"},
		{jsonHead + `"x":-,"items":[]}`, 0, false, "only a sign"},
		{jsonHead + `"x":1e,"items":[]}`, 0, false, "no exponent"},
		{jsonHead + `"x":nil,"items":[]}`, 0, false, "no word of JSON"},
		{jsonHead + `"x":"\x","items":[]}`, 0, false, "no escape"},
		{jsonHead + `"x":"\u12g4","items":[]}`, 0, false, "not hexadecimal"},
		{jsonHead + "\"x\":\"a\nb\",\"items\":[]}", 0, false, "a line end in a string"},
		{jsonHead + "\"x\":\"\xff\",\"items\":[]}", 0, false, "no UTF-8"},
		{`[]`, 0, false, "no object"},
		{``, 0, false, "nothing at all"},
	} {
		_, items, ok := scanJSON([]byte(tc.body))
		if ok != tc.ok || ok && items != tc.items {
			t.Errorf("%s: %s: %d, %t; want %d, %t", tc.reason, tc.body, items, ok, tc.items, tc.ok)
		}
		agree(t, []byte(tc.body))
	}
	deep := jsonHead + `"x":` + string(bytes.Repeat([]byte("["), 1000)) + string(bytes.Repeat([]byte("]"), 1000)) + `,"items":[]}`
	if _, _, ok := scanJSON([]byte(deep)); ok {
		t.Error("the scanner vouches for any depth")
	}
}

// agree: what the scanner vouches for, the parser reads as well, and finds the
// same in it.
func agree(t *testing.T, body []byte) {
	t.Helper()
	_, items, ok := scanJSON(body)
	if !ok {
		return
	}
	counted, err := countJSON(body)
	if parsed, err2 := parseJSON(body); parsed != counted || (err == nil) != (err2 == nil) || err == nil && items != parsed {
		t.Errorf("scanned %d and counted %d, %v in %q, parsed %d, %v", items, counted, err, body, parsed, err2)
	}
}

func FuzzScanJSON(f *testing.F) {
	for _, body := range []string{
		`"items":[{},{"a":[1.5e3,null]}]}`, `"x":"\u00e9\"","items":[]}`, `"items":[],"items":[]}`, `"x":{"y":-0},"items":[ ]} `,
	} {
		f.Add([]byte(jsonHead + body))
	}
	f.Fuzz(agree)
}

// TestScanJSONOfDamagedDocuments damages a document at every byte.
func TestScanJSONOfDamagedDocuments(t *testing.T) {
	t.Parallel()
	whole := []byte(jsonHead + `"x":[-1.5e+2,true,"a\n\u00e9"],"items":[{"id":"1"},{}]}`)
	if _, n, ok := scanJSON(whole); !ok || n != 2 {
		t.Fatal(n, ok)
	}
	for i := range whole {
		for _, damage := range []string{"", "{", "}", "[", "]", `"`, ",", ":", "\\", "0", ".", "\x00", "\xc3", " ", "e"} {
			agree(t, fmt.Appendf(nil, "%s%s%s", whole[:i], damage, whole[i+1:]))
		}
	}
}
