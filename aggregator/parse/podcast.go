package parse

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"tributary/internal/news"
)

// describe tells what the tags of a podcast say of a story's file: the first
// one that plays, else the first one.
func (x extensions) describe(files []news.Enclosure) {
	if len(files) == 0 || len(x["itunes"]) == 0 {
		return
	}
	file := &files[max(slices.IndexFunc(files, plays), 0)]
	if seconds := parseDuration(x.first("itunes", "duration")); seconds > 0 {
		file.Duration = seconds
	}
	file.Episode = news.Episode{
		Number:   parseOrdinal(x.first("itunes", "episode")),
		Season:   parseOrdinal(x.first("itunes", "season")),
		Kind:     strings.ToLower(x.first("itunes", "episodetype")),
		Explicit: explicit(x.first("itunes", "explicit")),
	}
}

// plays reports whether a file is sound or a film.
func plays(file news.Enclosure) bool {
	class, _, _ := strings.Cut(strings.ToLower(file.Type), "/")
	return class == "audio" || class == "video"
}

// explicit reads itunes:explicit, today's words and those of former years.
func explicit(s string) string {
	switch strings.ToLower(s) {
	case "true", "yes", "explicit":
		return "true"
	case "false", "no", "clean":
		return "false"
	}
	return ""
}

// maxDuration is a year in seconds. What plays longer was not meant.
const maxDuration = 366 * 24 * 60 * 60

// parseDuration reads how long a file plays, as seconds or as [H:]M:S, and
// gives whole seconds; 0 when it is nothing of the kind.
func parseDuration(s string) int64 {
	parts := strings.Split(strings.TrimSpace(s), ":")
	if len(parts) > 3 {
		return 0
	}
	total := 0.0
	for _, part := range parts {
		n, err := strconv.ParseFloat(part, 64)
		if err != nil || !(n >= 0 && n <= maxDuration) { // NaN is neither
			return 0
		}
		total = total*60 + n
	}
	if total > maxDuration {
		return 0
	}
	return int64(math.Round(total))
}

// parseOrdinal reads a number from 1; 0 when it is none.
func parseOrdinal(s string) int {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 32)
	if err != nil || n < 1 {
		return 0
	}
	return int(n)
}
