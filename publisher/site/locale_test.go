package site

import (
	"testing"
	"time"
)

func TestStamp(t *testing.T) {
	t.Parallel()
	east := time.FixedZone("", 9*60*60)
	for _, tt := range []struct {
		why   string
		at    time.Time
		zone  *time.Location
		lang  string
		human string
	}{
		{"unknown", time.Time{}, east, "en", ""},
		{"American English", time.Date(2026, 11, 9, 14, 5, 0, 0, time.UTC), nil, "en-US", "November 9, 2026, 14:05"},
		{"any other language", time.Date(2026, 11, 9, 14, 5, 0, 0, time.UTC), nil, "de", "2026-11-09, 14:05"},
		{"the next day in the site's zone", time.Date(2026, 11, 9, 18, 5, 0, 0, time.UTC), east, "en", "November 10, 2026, 03:05"},
		{"a day, being midnight in the site's zone", time.Date(2026, 11, 9, 15, 0, 0, 0, time.UTC), east, "en", "November 10, 2026"},
	} {
		if got := newStamp(tt.at, tt.zone, tt.lang); got.Human != tt.human {
			t.Errorf("%s: %q, want %q", tt.why, got.Human, tt.human)
		}
	}
}

func TestDirection(t *testing.T) {
	t.Parallel()
	for lang, want := range map[string]string{
		"": "ltr", "en": "ltr", "ar": "rtl", "AR-eg": "rtl", "he": "rtl",
		"az-Arab": "rtl", // a script says more than a language
		"ar-Latn": "ltr",
		"arn":     "ltr", // Mapudungun, not Arabic
	} {
		if got := direction(lang); got != want {
			t.Errorf("%q: %s, want %s", lang, got, want)
		}
	}
}
