package parse

import (
	"testing"
	"time"
)

func TestParseDate(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, want, why string }{
		{"2026-03-02T10:00:00Z", "2026-03-02T10:00:00Z", "RFC 3339"},
		{"2026-03-02T10:00:00.25+01:30", "2026-03-02T08:30:00.25Z", "fraction and offset"},
		{"2026-03-02T10:00:00,5Z", "2026-03-02T10:00:00.5Z", "ISO 8601 allows a comma"},
		{"2026-03-02t10:00:00z", "2026-03-02T10:00:00Z", "lower case (RFC 3339 §5.6)"},
		{"2026-03-02T10:00+0100", "2026-03-02T09:00:00Z", "no seconds, no colon"},
		{"2026-03-02 10:00:00", "2026-03-02T10:00:00Z", "no zone is UTC"},
		{"2026-03-02", "2026-03-02T00:00:00Z", "W3C profile: day"},
		{"2026-03", "2026-03-01T00:00:00Z", "W3C profile: month"},
		{"2026", "2026-01-01T00:00:00Z", "W3C profile: year"},
		{"20260302", "2026-03-02T00:00:00Z", "basic format"},
		{"20260302T100000Z", "2026-03-02T10:00:00Z", "basic format with time"},
		{"20260302100000", "2026-03-02T10:00:00Z", "nothing but digits"},
		{"2026-061", "2026-03-02T00:00:00Z", "day of the year"},
		{"2024-366T10:00:00Z", "2024-12-31T10:00:00Z", "last day of a leap year"},
		{"2026-000", "", "no such day of the year"},
		{"2026-03-02 10:00:00 +0200 CEST", "2026-03-02T08:00:00Z", "as Go prints it"},
		{"02.03.2026 10:00", "2026-03-02T10:00:00Z", "dots: day first"},
		{"2.3.2026", "2026-03-02T00:00:00Z", "dots without time"},
		{"2004년 05월 28일 오후 01:31:20", "2004-05-28T13:31:20Z", "Korean"},
		{"2004-05-25 오전 12:23:17", "2004-05-25T00:23:17Z", "Korean, after midnight"},
		{"2026年3月2日", "2026-03-02T00:00:00Z", "Chinese"},
		{"2026年03月02日 10時30分", "2026-03-02T10:30:00Z", "Japanese"},
		{"2026/03/02 10:00", "2026-03-02T10:00:00Z", "slashes"},
		{"2026-03-02T24:00:00Z", "2026-03-03T00:00:00Z", "midnight at the end of the day"},
		{"2026-12-31T23:59:60Z", "2027-01-01T00:00:00Z", "leap second"},
		{"Mon, 02 Mar 2026 10:00:00 GMT", "2026-03-02T10:00:00Z", "RFC 822"},
		{"Mon, 02 Mar 2026 10:00:00 -0500", "2026-03-02T15:00:00Z", "RFC 822 with offset"},
		{"Mon, 2 Mar 26 10:00 EST", "2026-03-02T15:00:00Z", "two-digit year, zone name"},
		{"02 Mar 99 10:00 PDT", "1999-03-02T17:00:00Z", "last century"},
		{"Mon, 02 Mar 2026 10:00:00 JST", "2026-03-02T01:00:00Z", "JST is not UTC"},
		{"Mon, 02 Mar 2026 10:00:00 MET", "2026-03-02T09:00:00Z", "MET is not UTC"},
		{"Mon, 02 Mar 2026 10:00:00 GMT+0200", "2026-03-02T08:00:00Z", "offset after a name"},
		{"Mon, 02 Mar 2026 10:00:00 +0200 (CEST)", "2026-03-02T08:00:00Z", "comment"},
		{"Mon, 02 Mar 2026 10:00:00 XYZ", "2026-03-02T10:00:00Z", "unknown zone"},
		{"Tues, 3 Sept 2024 07:05 PDT", "2024-09-03T14:05:00Z", "long abbreviations"},
		{"Tuesday, 3 September 2024 07:05:00 +0000", "2024-09-03T07:05:00Z", "full names"},
		{"Sat, Dec 16 2023 02:02:33 PM", "2023-12-16T14:02:33Z", "American order, twelve hours"},
		{"Dec 16, 2023 12:00:00 AM", "2023-12-16T00:00:00Z", "midnight"},
		{"mer, 16 nov 2022 00:38:15 +0100", "2022-11-15T23:38:15Z", "Italian"},
		{"Do., 05 März 2026 10:00:00 +0100", "2026-03-05T09:00:00Z", "German"},
		{"jeu., 05 févr. 2026 10:00:00 +0100", "2026-02-05T09:00:00Z", "French"},
		{"чт, 05 фев 2026 10:00:00 +0300", "2026-02-05T07:00:00Z", "Russian"},
		{"Mon Mar  2 10:00:00 2026", "2026-03-02T10:00:00Z", "asctime"},
		{"Mon Mar 02 2026 10:00:00 GMT+0100 (CET)", "2026-03-02T09:00:00Z", "JavaScript"},
		{"Mon, 02-Mar-2026 10:00:00 GMT", "2026-03-02T10:00:00Z", "RFC 850"},
		{"1772442000", "2026-03-02T09:00:00Z", "Unix seconds"},
		{"1772442000000", "2026-03-02T09:00:00Z", "Unix milliseconds"},
		{"", "", "empty"},
		{"today", "", "words"},
		{"0000-00-00T00:00:00Z", "", "a database's zero"},
		{"2026-13-01", "", "no such month"},
		{"2026-03-02T99:00:00Z", "", "no such hour"},
		{"99", "", "too short for anything"},
	}
	for _, tt := range tests {
		got, ok := parseDate(tt.in)
		if formatted := got.Format(time.RFC3339Nano); ok != (tt.want != "") || ok && formatted != tt.want {
			t.Errorf("parseDate(%q) = %s, %v, want %q: %s", tt.in, formatted, ok, tt.want, tt.why)
		}
	}
}
