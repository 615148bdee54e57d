package article

import (
	"errors"
	"fmt"
	"time"
)

// date reads the publication date, else takes it from the file's name.
func (r *reader) date(name string, zone *time.Location) time.Time {
	text := r.text("date")
	if text == "" {
		text, _ = cutDate(stem(name))
	}
	if text == "" {
		r.fail("date", "has no date: write one into its front matter, such as date: 2026-08-03")
		return time.Time{}
	}
	date, err := parseDate(text, zone)
	if err != nil {
		r.fail("date", "date %w", err)
	}
	return date
}

// updated reads the date of the last change, which is only believed when it
// does not lie before the publication.
func (r *reader) updated(published time.Time, zone *time.Location) time.Time {
	text := r.text("updated")
	if text == "" {
		return time.Time{}
	}
	updated, err := parseDate(text, zone)
	switch {
	case err != nil:
		r.warn("updated", "updated "+err.Error())
		return time.Time{}
	case updated.Before(published):
		r.warn("updated", "updated lies before date and is not used")
		return time.Time{}
	}
	return updated
}

// dateLayouts are the ways to write a date; those without a zone mean the
// site's.
var dateLayouts = []string{
	time.DateOnly,
	time.RFC3339, "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 Z07:00", "2006-01-02 15:04:05 -0700", "2006-01-02T15:04Z07:00",
	"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04",
}

var errDate = errors.New("write it like 2026-08-03 or 2026-08-03T09:30:00+02:00")

func parseDate(text string, zone *time.Location) (time.Time, error) {
	for _, layout := range dateLayouts {
		date, err := time.ParseInLocation(layout, text, zone)
		if err != nil {
			continue
		}
		if y := date.Year(); y < 1970 || y > 9998 {
			return time.Time{}, fmt.Errorf("%q lies outside the years 1970 to 9998", text)
		}
		return date.Truncate(time.Millisecond), nil
	}
	return time.Time{}, fmt.Errorf("%q is not a date: %w", text, errDate)
}
