package parse

import (
	"path"
	"strings"

	ext "github.com/mmcdole/gofeed/extensions"

	"tributary/internal/news"
)

// extensions are the elements of other vocabularies in an entry or a feed.
// The pass wrote their names in lower case, under the prefixes in names.go.
type extensions ext.Extensions

// all gives the elements of a name.
func (x extensions) all(space, local string) []ext.Extension { return x[space][local] }

// first gives the text of the first element of a name that has one.
func (x extensions) first(space, local string) string {
	for _, e := range x[space][local] {
		if text := plain(e.Value); text != "" {
			return text
		}
	}
	return ""
}

// marked gives the text of the first element of a name with its marker.
func (x extensions) marked(space, local string) string {
	for _, e := range x[space][local] {
		return e.Value
	}
	return ""
}

// texts gives the texts of all elements of a name.
func (x extensions) texts(space, local string) []string {
	var list []string
	for _, e := range x[space][local] {
		if text := plain(e.Value); text != "" {
			list = append(list, text)
		}
	}
	return list
}

// media gives the Media RSS elements of a name wherever they may stand: in the
// entry, in a group, in a content, or in a content of a group.
func (x extensions) media(local string) []ext.Extension {
	list := x["media"][local]
	for _, content := range x["media"]["content"] {
		list = append(list[:len(list):len(list)], content.Children[local]...)
	}
	for _, group := range x["media"]["group"] {
		list = append(list[:len(list):len(list)], group.Children[local]...)
		for _, content := range group.Children["content"] {
			list = append(list[:len(list):len(list)], content.Children[local]...)
		}
	}
	return list
}

// mediaText gives the text of the first Media RSS element of a name.
func (x extensions) mediaText(local string) string {
	for _, e := range x.media(local) {
		if text := plain(e.Value); text != "" {
			return text
		}
	}
	return ""
}

// image gives the picture that stands for an entry: its thumbnail, its first
// image, or what a podcast shows.
func (x extensions) image() string {
	for _, e := range x.media("thumbnail") {
		if url := strings.TrimSpace(e.Attrs["url"]); url != "" {
			return url
		}
	}
	for _, e := range x.media("content") {
		if url := strings.TrimSpace(e.Attrs["url"]); url != "" && mediaClass(e) == "image" {
			return url
		}
	}
	for _, e := range x.all("itunes", "image") {
		if url := strings.TrimSpace(firstOf(e.Attrs["href"], e.Attrs["url"])); url != "" {
			return url
		}
	}
	return x.link("itunes", "image") // as podcasts wrote it before itunes:image
}

// license gives the address or the name of the license: by the Creative
// Commons modules, or by a link (RFC 4946).
func (x extensions) license() string {
	for _, e := range x.all("cc", "license") {
		if url := strings.TrimSpace(e.Attrs["resource"]); url != "" {
			return url
		}
	}
	return firstOf(x.first("cc", "license"), x.first("creativecommons", "license"), x.atomLink("license"), x.mediaText("license"))
}

// mediaClass gives "image", "audio" or "video", or what else a Media RSS
// content says it is.
func mediaClass(e ext.Extension) string {
	if medium := e.Attrs["medium"]; medium != "" {
		return strings.ToLower(medium)
	}
	if class, _, _ := strings.Cut(strings.ToLower(e.Attrs["type"]), "/"); class != "" {
		return class
	}
	address, _, _ := strings.Cut(e.Attrs["url"], "?")
	return mediaEndings[strings.ToLower(path.Ext(address))]
}

// mediaEndings are the classes of media by the end of their addresses.
var mediaEndings = map[string]string{
	".jpg": "image", ".jpeg": "image", ".png": "image", ".gif": "image", ".webp": "image", ".avif": "image",
	".mp3": "audio", ".m4a": "audio", ".ogg": "audio", ".opus": "audio", ".oga": "audio",
	".mp4": "video", ".m4v": "video", ".mov": "video", ".webm": "video",
}

// enclosures gives the sound and pictures in motion among Media RSS contents.
func (x extensions) enclosures() []news.Enclosure {
	var list []news.Enclosure
	for _, e := range x.media("content") {
		if class := mediaClass(e); class == "audio" || class == "video" {
			list = append(list, news.Enclosure{
				URL: strings.TrimSpace(e.Attrs["url"]), Type: e.Attrs["type"], Length: parseLength(e.Attrs["filesize"]),
				Duration: parseDuration(e.Attrs["duration"]),
			})
		}
	}
	return list
}

// categories gives what Dublin Core, iTunes and Media RSS call subjects,
// keywords and categories.
func (x extensions) categories() []string {
	list := x.texts("dc", "subject")
	for _, words := range append(x.texts("itunes", "keywords"), x.mediaText("keywords")) {
		list = append(list, strings.Split(words, ",")...)
	}
	for _, e := range x.media("category") {
		list = append(list, firstOf(strings.TrimSpace(e.Attrs["label"]), e.Value))
	}
	for _, e := range x.all("itunes", "category") {
		list = append(list, e.Attrs["text"])
		for _, sub := range e.Children["category"] {
			list = append(list, sub.Attrs["text"])
		}
	}
	return list
}

// atomLink gives the href of the first atom:link with a relation.
func (x extensions) atomLink(rel string) string {
	return firstOf(x.link("atom", rel), x.link("atom03", rel))
}

// link gives the href of the first link of a vocabulary with a relation.
func (x extensions) link(space, rel string) string {
	for _, e := range x.all(space, "link") {
		if got := e.Attrs["rel"]; strings.EqualFold(got, rel) || got == "" && rel == "alternate" {
			return strings.TrimSpace(e.Attrs["href"])
		}
	}
	return ""
}

// authors gives the authors that RSS itself names.
func (x extensions) authors() []news.Person {
	var list []news.Person
	for _, author := range x.texts(feedSpace, "author") {
		list = append(list, parsePerson(author))
	}
	return list
}

// people gives the authors that extensions name, the most telling ones first.
func (x extensions) people() []news.Person {
	var list []news.Person
	for _, creator := range x.texts("dc", "creator") {
		list = append(list, parsePerson(creator))
	}
	if len(list) == 0 {
		for _, space := range [...]string{"atom", "atom03"} {
			for _, e := range x.all(space, "author") {
				list = append(list, personOf(e))
			}
		}
	}
	if len(list) == 0 {
		list = append(list, parsePerson(x.first("dc", "author")), parsePerson(x.first("itunes", "author")))
	}
	return list
}

// origin reads an atom:source (RFC 4287 §4.2.11) in another format.
func (x extensions) origin() *news.Origin {
	for _, e := range x.all("atom", "source") {
		inner := extensions{"atom": e.Children}
		return originOf(inner.first("atom", "title"), inner.first("atom", "id"), firstOf(inner.link("atom", "alternate"), inner.link("atom", "self")))
	}
	return nil
}

// personOf reads a person whose parts are child elements.
func personOf(e ext.Extension) news.Person {
	part := func(names ...string) string {
		for _, name := range names {
			for _, c := range e.Children[name] {
				if text := plain(c.Value); text != "" {
					return text
				}
			}
		}
		return ""
	}
	return news.Person{Name: part("name"), Email: part("email"), URL: part("uri", "url")}
}
