package fetch

import (
	"strconv"
	"strings"
)

// agent makes the User-Agent:
//
//	tributary/VERSION (+SITE_URL; contact=…; source=NAME; N subscribers)
//
// Parts that are unknown are left out.
type agent struct {
	product string
	comment string // what all sources share, each part with "; " behind it
}

func newAgent(options Options) agent {
	a := agent{product: "tributary"}
	if version := plain(options.Version); version != "" {
		a.product += "/" + strings.ReplaceAll(version, " ", "-")
	}
	if site := plain(options.SiteURL); site != "" {
		a.comment += "+" + site + "; "
	}
	if contact := plain(options.Contact); contact != "" {
		a.comment += "contact=" + contact + "; "
	}
	return a
}

// text makes the User-Agent for a source, whose name needs no quoting.
func (a agent) text(source string, subscribers int) string {
	if subscribers > 0 {
		return a.product + " (" + a.comment + "source=" + source + "; " + strconv.Itoa(subscribers) + " subscribers)"
	}
	return a.product + " (" + a.comment + "source=" + source + ")"
}

// plain leaves what may stand in a comment without quoting (RFC 9110 §5.6.5):
// no parentheses, no backslash, no control character, ASCII only.
func plain(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || strings.ContainsRune(`()\`, r) {
			return -1
		}
		return r
	}, s))
}
