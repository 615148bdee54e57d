package parse

import (
	"strconv"
	"strings"
	"time"
)

// parseDate reads the dates that feeds contain. It understands
//
//  1. RFC 3339 and the W3C profile of ISO 8601 with any part after the year
//     left out, "2003-12", "20031231", "20031231101455", "2003-365" (day of the
//     year), an hour of 24, a comma as decimal sign, a zone's name after its
//     offset
//  2. RFC 822 and 2822 and what people make of them: no weekday, a wrong one
//     or a localised one, full and localised months, two-digit years, no
//     seconds, no zone
//  3. asctime and the dates of JavaScript: "Mon Jan 2 15:04:05 GMT+0100 2006"
//  4. "31.12.2003 10:14" and the dates of Korea, China and Japan:
//     "2003년 12월 31일 오후 10:14", "2003年12月31日"
//  5. seconds or milliseconds since 1970
//
// A date without a zone is UTC. Zone names are those of RFC 822 and the common
// ones of today; an ambiguous one means what it means in most feeds; an unknown
// one means UTC. The result is UTC, its year within 1 to 9999.
func parseDate(s string) (time.Time, bool) {
	s = strings.TrimSpace(s)
	if len(s) < 4 || len(s) > 100 {
		return time.Time{}, false
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return inRange(t)
	}
	if t, err := time.Parse(time.RFC1123Z, s); err == nil {
		return inRange(t)
	}
	if t, ok := parseISO(s); ok {
		return inRange(t)
	}
	if t, ok := parseEpoch(s); ok {
		return inRange(t)
	}
	if t, ok := parseDotted(s); ok {
		return inRange(t)
	}
	if t, ok := parseWords(s); ok {
		return inRange(t)
	}
	if t, ok := parseEastAsian(s); ok {
		return inRange(t)
	}
	return time.Time{}, false
}

func inRange(t time.Time) (time.Time, bool) {
	t = t.UTC()
	return t, t.Year() >= 1 && t.Year() <= 9999
}

// parseEpoch reads seconds or milliseconds since 1970, for dates after 1973.
func parseEpoch(s string) (time.Time, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	switch {
	case err != nil || n < 1e8:
		return time.Time{}, false
	case n < 1e11:
		return time.Unix(n, 0), true
	case n < 1e13: // one digit more is a date
		return time.UnixMilli(n), true
	}
	return time.Time{}, false
}

// clock is a date under construction.
type clock struct {
	year, month, day     int
	hour, minute, second int
	nano                 int
	offset               int // seconds east of UTC
}

// time builds the time; it reports false where a part is out of range. An hour
// of 24 and a second of 60 are the next day and minute (ISO 8601, leap
// seconds).
func (c clock) time() (time.Time, bool) {
	ok := c.month >= 1 && c.month <= 12 && c.day >= 1 && c.day <= 31 && c.hour <= 24 && c.minute <= 59 &&
		c.second <= 60 && max(c.offset, -c.offset) < 24*3600
	if !ok {
		return time.Time{}, false
	}
	t := time.Date(c.year, time.Month(c.month), c.day, c.hour, c.minute, c.second, c.nano, time.UTC)
	return t.Add(-time.Duration(c.offset) * time.Second), true
}

// readTime reads a time of day, with colons or without.
func (c *clock) readTime(s string) (rest string, ok bool) {
	c.hour, rest, ok = digits(s, 1, 2)
	if !ok {
		return s, false
	}
	for _, part := range []*int{&c.minute, &c.second} {
		next := strings.TrimPrefix(rest, ":")
		n, after, ok := digits(next, 1, 2)
		if !ok || next == rest && len(rest)-len(after) != 2 {
			break
		}
		*part, rest = n, after
	}
	if len(rest) > 1 && (rest[0] == '.' || rest[0] == ',') {
		end := 1
		for end < len(rest) && rest[end] >= '0' && rest[end] <= '9' {
			end++
		}
		fraction, err := strconv.ParseFloat("0."+rest[1:end], 64)
		if err == nil {
			c.nano = int(fraction * 1e9)
		}
		rest = rest[end:]
	}
	return rest, true
}

// digits reads a number of least to most digits from the start of s.
func digits(s string, least, most int) (n int, rest string, ok bool) {
	i := 0
	for i < len(s) && i < most && s[i] >= '0' && s[i] <= '9' {
		n = n*10 + int(s[i]-'0')
		i++
	}
	return n, s[i:], i >= least
}

// parseWords reads dates made of words: those of RFC 822 and asctime.
func parseWords(s string) (time.Time, bool) {
	c := clock{year: -1}
	zoned := false
	fields := strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == ',' || r == '\t' || r == '\n' || r == '\r' || r == '\u00a0' })
	if len(fields) > 12 {
		return time.Time{}, false
	}
	for i := 0; i < len(fields); i++ {
		f := fields[i]
		switch {
		case strings.Contains(f, ":") && f[0] >= '0' && f[0] <= '9':
			rest, ok := c.readTime(f)
			if !ok {
				return time.Time{}, false
			}
			if rest != "" {
				fields = append(fields[:i+1:i+1], append([]string{rest}, fields[i+1:]...)...)
			}
		case c.readDashed(f):
		case c.readNumber(f):
		case c.month == 0 && months[fold(f)] != 0:
			c.month = months[fold(f)]
		case strings.EqualFold(f, "pm") && c.hour < 12:
			c.hour += 12
		case strings.EqualFold(f, "am"):
			c.hour %= 12
		default:
			offset, ok := parseZone(f)
			switch {
			case ok && (!zoned || f[0] == '+' || f[0] == '-'):
				c.offset, zoned = offset, true
			case ok || f[0] == '(' || c.month == 0 && c.day == 0:
				// a second zone, a comment, or a weekday in any language
			case !isAlpha(f):
				return time.Time{}, false
			}
		}
	}
	if c.year < 0 || c.month == 0 || c.day == 0 {
		return time.Time{}, false
	}
	return c.time()
}

// readNumber takes a number as the day, then the year.
func (c *clock) readNumber(f string) bool {
	f = strings.TrimSuffix(f, ".")
	n, rest, ok := digits(f, 1, 4)
	if !ok || rest != "" && rest != "st" && rest != "nd" && rest != "rd" && rest != "th" {
		return false
	}
	switch {
	case c.day == 0 && n <= 31 && len(f) != 4:
		c.day = n
	case c.year < 0:
		c.year = fullYear(n, len(f))
	default:
		return false
	}
	return true
}

// readDashed reads "02-Jan-2006".
func (c *clock) readDashed(f string) bool {
	parts := strings.Split(f, "-")
	if len(parts) != 3 || months[fold(parts[1])] == 0 {
		return false
	}
	day, rest, ok := digits(parts[0], 1, 2)
	year, rest2, ok2 := digits(parts[2], 2, 4)
	if !ok || !ok2 || rest != "" || rest2 != "" {
		return false
	}
	c.day, c.month, c.year = day, months[fold(parts[1])], fullYear(year, len(parts[2]))
	return true
}

// fullYear reads a year of two digits as RFC 2822 §4.3 says.
func fullYear(n, width int) int {
	switch {
	case width > 2:
		return n
	case n < 50:
		return 2000 + n
	}
	return 1900 + n
}

// fold gives a month or zone name as the tables have it.
func fold(s string) string { return strings.Trim(strings.ToLower(s), ".") }

func isDigits(s string) bool { return strings.Trim(s, "0123456789") == "" }

func isAlpha(s string) bool {
	for _, r := range s {
		if r >= '0' && r <= '9' {
			return false
		}
	}
	return true
}

// parseZone reads a zone: "Z", "+0100", "+01:00", "GMT+1", "EST".
func parseZone(s string) (offset int, ok bool) {
	s = strings.Trim(s, "()")
	if offset, ok := zones[strings.ToUpper(s)]; ok {
		return offset, true
	}
	for _, prefix := range []string{"GMT", "UTC", "UT"} {
		s = strings.TrimPrefix(s, prefix)
	}
	if len(s) < 2 || s[0] != '+' && s[0] != '-' {
		return 0, len(s) >= 2 && len(s) <= 5 && strings.ToUpper(s) == s && isAlpha(s)
	}
	sign := 1
	if s[0] == '-' {
		sign = -1
	}
	hours, rest, ok := digits(strings.TrimLeft(s, "+-"), 1, 2)
	if !ok {
		return 0, false
	}
	minutes, rest, _ := digits(strings.TrimPrefix(rest, ":"), 2, 2)
	if strings.Trim(rest, ":0") != "" {
		return 0, false
	}
	return sign * (hours*3600 + minutes*60), true
}
