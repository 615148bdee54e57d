package parse

import (
	"bytes"
	stdjson "encoding/json"
)

// guardJSON refuses JSON that would cost too much to decode: it counts depth
// and values without decoding anything.
func guardJSON(text []byte) error {
	if len(text) > maxText {
		return limitError(maxText, "bytes of JSON")
	}
	depth, values := 0, 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			i = stringEnd(text, i)
		case '{', '[':
			if depth++; depth > maxDepth {
				return limitError(maxDepth, "nested values")
			}
			values++
		case '}', ']':
			depth--
		case ',':
			values++
		}
		if values > maxValues {
			return limitError(maxValues, "values")
		}
	}
	return nil
}

// stringEnd gives the position of the quote that ends the string at text[i].
func stringEnd(text []byte, i int) int {
	for i++; i < len(text) && text[i] != '"'; i++ {
		if text[i] == '\\' {
			i++
		}
	}
	return i
}

// jsonShape says of which type each field of a feed is: a string, or one of
// the shapes below. Fields that are not named are dropped.
type jsonShape map[string]any

type (
	anyValue   struct{}            // gofeed takes any type
	stringList struct{}            // of strings; a lone string counts as one
	objects    struct{ jsonShape } // a list of objects; a lone object counts as one
)

var (
	jsonAuthor = jsonShape{"name": "", "url": "", "avatar": ""}
	jsonItem   = jsonShape{
		"id": anyValue{}, "url": "", "external_url": "", "title": "", "content_html": "", "content_text": "",
		"summary": "", "image": "", "banner_image": "", "date_published": "", "date_modified": "", "language": "",
		"author": jsonAuthor, "authors": objects{jsonAuthor}, "tags": stringList{},
		"attachments": objects{jsonShape{"url": "", "mime_type": "", "title": "", "size_in_bytes": anyValue{}, "duration_in_seconds": anyValue{}}},
	}
	jsonFeed = jsonShape{
		"version": "", "title": "", "home_page_url": "", "feed_url": "", "description": "", "icon": "", "favicon": "",
		"language": "", "author": jsonAuthor, "authors": objects{jsonAuthor}, "items": objects{jsonItem},
	}
)

// mendJSON drops the fields whose type would make gofeed refuse the whole feed,
// and mends what is no JSON as far as it can. It says what was wrong and whether
// something may be lost, and gives nil when nothing is left.
func mendJSON(text []byte) (mended []byte, warning string, partial bool) {
	warning = "fields of the wrong type were left out"
	var feed map[string]any
	decoder := stdjson.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber() // a number may be larger than any type of ours
	if err := decoder.Decode(&feed); err != nil {
		warning, partial = "its JSON is broken: "+err.Error(), true
		var ok bool
		if feed, ok = salvageJSON(text); !ok {
			return nil, "", true
		}
	}
	jsonFeed.mend(feed)
	mended, err := stdjson.Marshal(feed)
	if err != nil {
		return nil, "", true
	}
	return mended, warning, partial
}

// mend brings an object into shape.
func (shape jsonShape) mend(object map[string]any) {
	for name, value := range object {
		if mended := mendValue(shape[name], value); mended != nil {
			object[name] = mended
		} else {
			delete(object, name)
		}
	}
}

// mendValue gives a value in a shape, or nil when it can't be had.
func mendValue(shape, value any) any {
	switch shape := shape.(type) {
	case anyValue:
		return value
	case string:
		if s, ok := value.(string); ok {
			return s
		}
	case jsonShape:
		if object, ok := value.(map[string]any); ok {
			shape.mend(object)
			return object
		}
		if name, ok := value.(string); ok && shape["name"] != nil {
			return map[string]any{"name": name}
		}
	case stringList, objects:
		return mendList(shape, value)
	}
	return nil
}

// mendList keeps the members of a list that are of the right type.
func mendList(shape, value any) any {
	list, ok := value.([]any)
	if !ok {
		list = []any{value}
	}
	var member any = ""
	if o, ok := shape.(objects); ok {
		member = o.jsonShape
	}
	kept := []any{}
	for _, v := range list {
		if mended := mendValue(member, v); mended != nil {
			kept = append(kept, mended)
		}
	}
	return kept
}
