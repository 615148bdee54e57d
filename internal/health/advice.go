package health

import (
	"strings"

	"tributary/internal/news"
)

// advice is what the operator can do next about a source.
func advice(state *news.SourceState, health news.Health) string {
	switch health {
	case news.HealthLate:
		return "see that `tributary serve` runs with the role pull, or that a timer calls `tributary refresh`; with many sources raise concurrency of [fetch]."
	case news.HealthMoved:
		return "`tributary sources --accept-moves` writes the new address into the config."
	case news.HealthGone:
		return "take it out of the config, or look on its site for another feed; `tributary refresh " + state.Name + "` asks once more."
	case news.HealthNew, news.HealthOK:
		if state.MovedTo != "" {
			return "nothing yet: after three visits over two days it counts as moved; if you know the move to be right, change its url now."
		}
		return ""
	case news.HealthPaused:
		return ""
	}
	text := adviceFor(&state.Last)
	if health == news.HealthDead {
		text = "it has failed for 30 days and is asked weekly: take it out of the config if nobody misses it, else " + text
	}
	return text
}

// adviceFor is the next step after a failed visit.
func adviceFor(visit *news.Visit) string {
	if visit.Cause == news.CauseForbidden {
		return adviceForRefusal(visit)
	}
	if text, ok := nextSteps[visit.Cause]; ok {
		return text
	}
	return nextSteps[news.CauseInternal]
}

func adviceForRefusal(visit *news.Visit) string {
	switch {
	case isWall(visit):
		return "ask the site to let our User-Agent pass, naming [fetch] contact; until then the wall stays, whatever the schedule."
	case visit.Status == 401:
		return "give the source the username and password, bearer or headers that its server asks for."
	}
	return "open its address in a browser; if that works, ask the site to let our User-Agent pass, else give the source the credentials that it needs."
}

// isWall reports whether a bot wall refused us: fetch and parse say so in the
// details that they write.
func isWall(visit *news.Visit) bool {
	return strings.Contains(visit.Detail, "bot wall") || strings.HasSuffix(visit.Detail, "challenge")
}

var nextSteps = map[news.Cause]string{
	news.CauseDNS:         "check the host in its url for a typing mistake, and this machine's name server; if the name is gone, look where the site is now.",
	news.CauseConnect:     "open its address in a browser; if that works, look at this machine's firewall and proxy, else wait: its server may be down.",
	news.CauseTLS:         "tell the site, if its certificate is wrong or has expired; a private authority goes into ca_file of the source.",
	news.CauseTimeout:     "wait, if it is slow at times only; else raise timeout of the source.",
	news.CauseBlocked:     "if that address is meant, add its network to allow_networks of the source.",
	news.CauseStatus:      "wait a day: servers mend themselves; then open its address in a browser and look for another one.",
	news.CauseRateLimited: "leave it alone; if it stays so, give the source, or its [host], a slower schedule or a longer host_delay.",
	news.CauseNotFound:    "`tributary add` with the address of its site finds the feed's new address; then change url.",
	news.CauseGone:        "take it out of the config, or look on its site for another feed.",
	news.CauseRedirect:    "open its address in a browser and put the address where that ends into url.",
	news.CauseLimit:       "ask the site for a shorter feed: what is read of one document is bounded.",
	news.CauseTruncated:   "wait for the next visit; if it stays so, tell the site that its answers end early or are badly compressed.",
	news.CauseNotFeed:     "`tributary add` with that address finds the feed behind a page; then change url.",
	news.CauseMalformed:   "`tributary parse` with its url tells what is wrong; tell the site.",
	news.CauseFile:        "check that the file is there and may be read, and is a feed; paths are relative to the config.",
	news.CauseInternal:    "look into the log, and report what it says of this visit as a fault of ours.",
}
