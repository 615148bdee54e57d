package normalize

import "regexp"

// form is the shape that an attribute's value must have.
type form int

// The forms. Each has a pattern that bluemonday checks last of all; those up
// to formEmbed are rewritten before, the others only have to match.
const (
	formText    form = iota // plain text
	formURL                 // absolute http(s)
	formLink                // absolute http(s), or mailto
	formMedia               // absolute http(s), not at a tracker
	formSrcset              // a list of formMedia with descriptors
	formEmbed               // https at a host that the source may embed
	formFlag                // present or not; the value goes
	formNumber              // a count, or CSS pixels
	formQuery               // a media query, or sizes
	formDir                 // a direction of text
	formScope               // of a table header
	formAlign               // of a table cell
	formPreload             // how much of a video comes unasked
	formInteger
	formLang
	formDate
	formMIME
	formListType
	formSandbox
	formLoading
)

// sandbox is what an embedded player may do: play, open its own site, and no
// more. It never reaches the page it stands in, since it is of another origin.
const sandbox = "allow-scripts allow-same-origin allow-popups allow-presentation"

// webURL matches how an absolute http(s) URL begins. That is enough where
// bluemonday parses the URL too, and cheap; candidate matches a whole one with
// its descriptor in a srcset, which bluemonday does not read.
const (
	webURL    = `https?://[0-9a-z\[_-]`
	candidate = `https?://[^/?#@"<>\x00-\x20\x7f-\x{10ffff}]+(?:[/?#][!-~]*)?(?: [0-9.]+[wx])?`
)

// patterns are those of the forms. formEmbed has one for each list of hosts, see
// embedPattern.
var patterns = [...]*regexp.Regexp{
	formText:     regexp.MustCompile(``),
	formURL:      regexp.MustCompile(`^` + webURL),
	formLink:     regexp.MustCompile(`^(?:` + webURL + `|mailto:)`),
	formMedia:    regexp.MustCompile(`^` + webURL),
	formSrcset:   regexp.MustCompile(`^` + candidate + `(?:, ` + candidate + `)*$`),
	formFlag:     regexp.MustCompile(`^$`),
	formNumber:   regexp.MustCompile(`^[0-9]{1,5}$`),
	formQuery:    regexp.MustCompile(`^[0-9A-Za-z .,:()%<>=/+*-]{1,500}$`),
	formDir:      regexp.MustCompile(`^(?:ltr|rtl|auto)$`),
	formScope:    regexp.MustCompile(`^(?:row|col|rowgroup|colgroup)$`),
	formAlign:    regexp.MustCompile(`^(?:left|right|center|justify)$`),
	formPreload:  regexp.MustCompile(`^(?:none|metadata)$`),
	formInteger:  regexp.MustCompile(`^-?[0-9]{1,9}$`),
	formLang:     regexp.MustCompile(`^[A-Za-z]{1,8}(?:-[0-9A-Za-z]{1,8}){0,4}$`),
	formDate:     regexp.MustCompile(`^[0-9A-Za-z:+. -]{1,40}$`),
	formMIME:     regexp.MustCompile(`^[0-9A-Za-z.+-]+/[0-9A-Za-z.+-]+(?: ?; ?[0-9A-Za-z .,="+-]{1,100})?$`),
	formListType: regexp.MustCompile(`^[1aAiI]$`),
	formSandbox:  regexp.MustCompile(`^` + sandbox + `$`),
	formLoading:  regexp.MustCompile(`^lazy$`),
}
