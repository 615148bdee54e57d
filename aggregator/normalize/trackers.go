package normalize

import (
	"net/url"
	"strconv"
	"strings"
)

// trackerHosts serve pictures whose only purpose is to count readers; their
// subdomains do so too. Hosts that serve real pictures as well don't belong
// here, but with a path into trackerPaths.
var trackerHosts = map[string]bool{
	"2o7.net": true, "adnxs.com": true, "adsrvr.org": true, "advertising.com": true,
	"amazon-adsystem.com": true, "bat.bing.com": true, "bluekai.com": true,
	"chartbeat.com": true, "chartbeat.net": true, "cloudflareinsights.com": true,
	"counter.theconversation.com": true, "counter.yadro.ru": true, "criteo.com": true,
	"demdex.net": true, "doubleclick.net": true, "doubleverify.com": true,
	"feedsportal.com": true, "flattr.com": true, "google-analytics.com": true,
	"googleadservices.com": true, "googlesyndication.com": true, "googletagmanager.com": true,
	"histats.com": true, "hits.dealer.com": true, "imrworldwide.com": true, "ioam.de": true,
	"krxd.net": true, "list-manage.com": true, "mathtag.com": true, "mc.yandex.ru": true,
	"met.vgwort.de": true, "moatads.com": true, "mixpanel.com": true, "newrelic.com": true,
	"nr-data.net": true, "omtrdc.net": true, "parsely.com": true, "pheedo.com": true,
	"pi-stats.com": true, "pixel.parsely.com": true, "pixel.wp.com": true,
	"px.ads.linkedin.com": true, "quantserve.com": true, "rlcdn.com": true,
	"rubiconproject.com": true, "scorecardresearch.com": true, "sitemeter.com": true,
	"statcounter.com": true, "stats.wordpress.com": true, "stats.wp.com": true,
	"t.co": true, "taboola.com": true, "tns-counter.ru": true, "top-fwz1.mail.ru": true,
	"tracking.feedpress.com": true, "tracking.feedpress.it": true,
	"track.hubspot.com": true, "trc.taboola.com": true, "vgwort.de": true, "webtrends.com": true,
	"xiti.com": true, "zemanta.com": true,
}

// trackerPaths are those parts of other hosts that count readers: a host, for
// itself and its subdomains, and how the path begins.
var trackerPaths = []struct{ host, path string }{
	{"blogger.googleusercontent.com", "/tracker/"},
	{"facebook.com", "/tr"},
	{"feedblitz.com", "/~/i/"},
	{"feedburner.com", "/~r/"},
	{"feedburner.com", "/~ff/"},
	{"feeds.wordpress.com", "/1.0/"},
	{"follow.it", "/tracking"},
	{"google.com", "/~ah/"},
	{"linkedin.com", "/px/"},
	{"medium.com", "/_/stat"},
	{"substack.com", "/open"},
	{"substackcdn.com", "/open"},
	{"twitter.com", "/i/adsct"},
	{"wordpress.com", "/b.gif"},
}

// counters are file names under which programs that count readers answer, on
// whichever host they are installed.
var counters = []string{"/matomo.php", "/piwik.php", "/b.gif", "/__utm.gif", "/pixel.gif", "/pixel.png", "/spacer.gif"}

// tracks reports whether a picture's address is that of a counter.
func tracks(u *url.URL) bool {
	host := u.Hostname()
	for h := host; h != ""; _, h, _ = strings.Cut(h, ".") {
		if trackerHosts[h] {
			return true
		}
	}
	for _, t := range trackerPaths {
		if strings.HasPrefix(u.Path, t.path) && under(host, t.host) {
			return true
		}
	}
	for _, name := range counters {
		if strings.HasSuffix(u.Path, name) {
			return true
		}
	}
	return false
}

// under reports whether host is domain or one of its subdomains.
func under(host, domain string) bool {
	rest, ok := strings.CutSuffix(host, domain)
	return ok && (rest == "" || strings.HasSuffix(rest, "."))
}

// measure notes how large a picture is shown, and whether at all.
func (f *found) measure(name, value []byte) {
	switch string(name) {
	case "width":
		f.width = pixels(string(value), f.width)
	case "height":
		f.height = pixels(string(value), f.height)
	case "hidden":
		f.hidden = true
	case "style":
		for rule := range strings.SplitSeq(strings.ToLower(string(value)), ";") {
			property, setting, _ := strings.Cut(rule, ":")
			setting, _, _ = strings.Cut(strings.TrimSpace(setting), "!")
			f.style(strings.TrimSpace(property), strings.TrimSpace(setting))
		}
	}
}

func (f *found) style(property, setting string) {
	switch property {
	case "width":
		f.width = pixels(setting, f.width)
	case "height":
		f.height = pixels(setting, f.height)
	case "display":
		f.hidden = f.hidden || setting == "none"
	case "visibility":
		f.hidden = f.hidden || setting == "hidden"
	}
}

// pixels reads a length in CSS pixels; other is the answer when it is none.
func pixels(value string, other int) int {
	value = strings.TrimSpace(value)
	if n, err := strconv.Atoi(strings.TrimSuffix(value, "px")); err == nil && n >= 0 {
		return n
	}
	return other
}

// tiny reports whether nobody is meant to see the picture: it is hidden, or
// one pixel large at most, or one of its sides is nothing.
func (f *found) tiny() bool {
	if f.hidden || f.width == 0 || f.height == 0 {
		return true
	}
	return f.width == 1 && f.height <= 1 || f.height == 1 && f.width <= 1
}

// icon is the side in pixels below which a picture is a smiley or a button.
const icon = 48

// telling reports whether the picture could stand for its story.
func (f *found) telling() bool {
	return (f.width < 0 || f.width >= icon) && (f.height < 0 || f.height >= icon)
}
