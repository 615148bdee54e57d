package parse

import (
	"strings"
	"time"
)

// parseISO reads dates that start with the year.
func parseISO(s string) (time.Time, bool) {
	c := clock{month: 1, day: 1}
	year, s, ok := digits(s, 4, 4)
	if !ok {
		return time.Time{}, false
	}
	c.year = year
	separator := ""
	if s != "" && strings.ContainsRune("-/.", rune(s[0])) {
		separator = s[:1]
	}
	s = strings.TrimPrefix(s, separator)
	if n, rest, ok := digits(s, 3, 3); ok && (rest == "" || rest[0] == 'T') {
		return c.plusDays(n-1, rest)
	}
	for _, part := range []*int{&c.month, &c.day} {
		least := 1
		if separator == "" {
			least = 2
		}
		n, rest, ok := digits(s, least, 2)
		if !ok {
			break
		}
		*part, s = n, rest
		if separator != "" && strings.HasPrefix(s, separator) {
			s = s[1:]
		}
	}
	compact := separator == "" && len(s) == 6 && isDigits(s)
	return c.afterDate(s, compact)
}

// plusDays reads what follows a year and a day of it.
func (c clock) plusDays(days int, rest string) (time.Time, bool) {
	t, ok := c.afterDate(rest, false)
	return t.AddDate(0, 0, days), ok && days >= 0 && days < 366
}

// afterDate reads the time and the zone after a date, if there are any. Only
// where the date is as compact may the time follow without a sign between.
func (c clock) afterDate(s string, compact bool) (time.Time, bool) {
	if s == "" {
		return c.time()
	}
	rest := strings.TrimLeft(s, "Tt ,")
	if rest == s && !compact {
		return time.Time{}, false
	}
	rest, ok := c.readTime(rest)
	if !ok {
		return time.Time{}, false
	}
	return c.finish(rest)
}

// parseDotted reads "31.12.2003", day first, as it is written where dots are.
func parseDotted(s string) (time.Time, bool) {
	c := clock{}
	for _, part := range []*int{&c.day, &c.month} {
		n, rest, ok := digits(s, 1, 2)
		if !ok || !strings.HasPrefix(rest, ".") {
			return time.Time{}, false
		}
		*part, s = n, rest[1:]
	}
	var ok bool
	if c.year, s, ok = digits(s, 4, 4); !ok {
		return time.Time{}, false
	}
	return c.afterDate(s, false)
}

// eastAsian rewrites the signs for year, month and day as separators, and takes
// out those for the halves of the day.
var eastAsian = strings.NewReplacer("년", "-", "年", "-", "월", "-", "月", "-", "일", " ", "日", " ",
	"오전", " ", "上午", " ", "午前", " ", "오후", " ", "下午", " ", "午後", " ", "時", ":", "시", ":", "分", "", "분", "")

// parseEastAsian reads the dates of Korea, China and Japan.
func parseEastAsian(s string) (time.Time, bool) {
	plain := eastAsian.Replace(s)
	if plain == s {
		return time.Time{}, false
	}
	afternoon := strings.Contains(s, "오후") || strings.Contains(s, "下午") || strings.Contains(s, "午後")
	morning := strings.Contains(s, "오전") || strings.Contains(s, "上午") || strings.Contains(s, "午前")
	date, clock, _ := strings.Cut(strings.ReplaceAll(plain, "- ", "-"), " ")
	t, ok := parseISO(strings.TrimSpace(date + " " + strings.TrimSpace(clock)))
	switch {
	case afternoon && t.Hour() < 12:
		t = t.Add(12 * time.Hour)
	case morning && t.Hour() == 12:
		t = t.Add(-12 * time.Hour)
	}
	return t, ok
}

// finish reads the zone at the end, as its offset, its name or both.
func (c clock) finish(zone string) (time.Time, bool) {
	if zone = strings.TrimSpace(zone); zone != "" {
		if offset, name, ok := strings.Cut(zone, " "); ok && isAlpha(name) {
			zone = offset
		}
		offset, ok := parseZone(zone)
		if !ok {
			return time.Time{}, false
		}
		c.offset = offset
	}
	return c.time()
}
