package site

import (
	"slices"
	"strings"
	"time"
)

// stamp is a moment for machines and for people; both empty when unknown.
type stamp struct {
	Machine, Human string
	Day            bool // a day, without a time
}

// newStamp writes a moment in a zone: in words for English, else in the order
// that is read everywhere (ISO 8601). A moment at midnight is a day, as dates
// without a time are.
func newStamp(at time.Time, zone *time.Location, lang string) stamp {
	if at.IsZero() {
		return stamp{}
	}
	if zone == nil {
		zone = time.UTC
	}
	at = at.In(zone)
	day := time.DateOnly
	if primary(lang) == "en" {
		day = "January 2, 2006"
	}
	s := stamp{Machine: at.UTC().Format(time.RFC3339), Human: at.Format(day)}
	if s.Day = at.Hour() == 0 && at.Minute() == 0; !s.Day {
		s.Human += at.Format(", 15:04")
	}
	return s
}

// direction gives the direction in which a language is written.
func direction(lang string) string {
	subtags := strings.Split(strings.ToLower(lang), "-")
	for _, subtag := range subtags[1:] {
		switch subtag {
		case "arab", "hebr", "thaa", "syrc", "nkoo", "adlm":
			return "rtl"
		case "latn", "cyrl":
			return "ltr"
		}
	}
	if slices.Contains([]string{"ar", "arc", "ckb", "dv", "fa", "he", "iw", "ji", "ps", "sd", "ug", "ur", "yi"}, subtags[0]) {
		return "rtl"
	}
	return "ltr"
}

// primary gives the language of a tag, without script and region.
func primary(tag string) string {
	language, _, _ := strings.Cut(strings.ToLower(tag), "-")
	return language
}
