package normalize

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/microcosm-cc/bluemonday"
)

// PolicyVersion rises with each change of what the sanitizing policy lets
// through. It is stored with each story, so that what an older one let in can
// be sanitised again.
const PolicyVersion = 2

// newPolicy makes bluemonday's policy from the table of elements. It is the
// last to see any HTML that is not sound, and by itself enough to keep a reader
// safe: our own pass before it makes URLs absolute and tags match, and a
// mistake in it must not become a hole.
func newPolicy(embeds []string) *bluemonday.Policy {
	policy := bluemonday.NewPolicy()
	policy.RequireParseableURLs(true)
	policy.AllowRelativeURLs(false)
	policy.AllowURLSchemes("mailto")
	for _, scheme := range []string{"http", "https"} {
		policy.AllowURLSchemeWithCustomPolicy(scheme, func(u *url.URL) bool { return u.Host != "" && u.User == nil })
	}
	policy.RequireNoFollowOnLinks(true)
	policy.RequireNoReferrerOnLinks(true)
	for name := range dropped {
		policy.SkipElementsContent(name)
	}
	for name, f := range globals {
		policy.AllowAttrs(name).Matching(patterns[f]).Globally()
	}
	embed := embedPattern(embeds)
	for name, e := range elements {
		if name == "iframe" && embed == nil {
			continue
		}
		allowElement(policy, e, embed)
	}
	if embed != nil {
		policy.RequireSandboxOnIFrame(
			bluemonday.SandboxAllowScripts, bluemonday.SandboxAllowSameOrigin,
			bluemonday.SandboxAllowPopups, bluemonday.SandboxAllowPresentation)
	}
	return policy
}

func allowElement(policy *bluemonday.Policy, e *element, embed *regexp.Regexp) {
	policy.AllowElements(e.name)
	if e.needs == nil {
		policy.AllowNoAttrs().OnElements(e.name)
	}
	for name, f := range e.attrs {
		pattern := patterns[f]
		if f == formEmbed {
			pattern = embed
		}
		policy.AllowAttrs(name).Matching(pattern).OnElements(e.name)
	}
}

// embedPattern matches https URLs at hosts and their subdomains, without user
// and port; nil when there are no hosts.
func embedPattern(hosts []string) *regexp.Regexp {
	if len(hosts) == 0 {
		return nil
	}
	quoted := make([]string, len(hosts))
	for i, host := range hosts {
		quoted[i] = regexp.QuoteMeta(host)
	}
	return regexp.MustCompile(`^https://(?:[0-9a-z-]+\.)*(?:` + strings.Join(quoted, "|") + `)(?:[/?#][!-~]*)?$`)
}

// embedHosts brings configured hosts into the form in which URLs have them.
func embedHosts(hosts []string) []string {
	var clean []string
	for _, host := range hosts {
		host = strings.Trim(strings.ToLower(strings.TrimSpace(host)), ".")
		if host != "" && !slices.Contains(clean, host) {
			clean = append(clean, host)
		}
	}
	slices.Sort(clean)
	return clean
}
