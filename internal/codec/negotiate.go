package codec

import "strings"

// Negotiate chooses the content coding of an answer: the one of available that
// an Accept-Encoding header likes best, or "" for none (RFC 9110 §12.5.3).
// Available is in the server's order of preference, in lower case. Rules:
//
//  1. A coding has the weight of its own member, else that of "*", else none.
//     A weight of 0 forbids it. A member whose weight can't be read counts for
//     nothing.
//  2. The highest weight wins; among equals the first available one.
//  3. Identity wins only when it is named with a higher weight: who accepts a
//     coding at all is served better by it.
//  4. When everything is forbidden, identity too, the answer is "" all the
//     same: RFC 9110 lets a server disregard the header, and a readable body
//     serves better than a 406.
//  5. An empty or missing header gets "".
func Negotiate(header string, available ...string) string {
	if header == "" {
		return ""
	}
	best, weight := "", 0
	for _, name := range available {
		if q, named := weigh(header, name); named && q > weight {
			best, weight = name, q
		}
	}
	if q, named := exactWeight(header, "identity"); named && q > weight {
		return ""
	}
	return best
}

// weigh gives the weight of a coding in thousandths, and whether the header
// speaks of it at all.
func weigh(header, name string) (weight int, named bool) {
	if q, ok := exactWeight(header, name); ok {
		return q, true
	}
	return exactWeight(header, "*")
}

// exactWeight looks for the member of header with that very name.
func exactWeight(header, name string) (weight int, named bool) {
	for member := range strings.SplitSeq(header, ",") {
		coding, parameters, _ := strings.Cut(member, ";")
		if !sameCoding(strings.TrimSpace(coding), name) {
			continue
		}
		if q, ok := parseWeight(parameters); ok {
			return q, true
		}
	}
	return 0, false
}

// sameCoding ignores case and takes x-gzip for gzip (RFC 9110 §8.4.1.3).
func sameCoding(a, b string) bool {
	return strings.EqualFold(a, b) || b == "gzip" && strings.EqualFold(a, "x-gzip")
}

// parseWeight reads ";q=0.5" without its semicolon into thousandths
// (RFC 9110 §12.4.2); no parameter means 1000.
func parseWeight(parameters string) (int, bool) {
	parameters = strings.TrimSpace(parameters)
	if parameters == "" {
		return 1000, true
	}
	name, value, found := strings.Cut(parameters, "=")
	if !found || !strings.EqualFold(strings.TrimSpace(name), "q") {
		return 0, false
	}
	return parseThousandths(strings.TrimSpace(value))
}

// parseThousandths reads a qvalue: 0 to 1 with at most three decimals.
func parseThousandths(s string) (int, bool) {
	whole, decimals, _ := strings.Cut(s, ".")
	if whole != "0" && whole != "1" || len(decimals) > 3 {
		return 0, false
	}
	q, unit := int(whole[0]-'0')*1000, 100
	for _, c := range []byte(decimals) {
		if c < '0' || c > '9' {
			return 0, false
		}
		q += int(c-'0') * unit
		unit /= 10
	}
	return q, q <= 1000
}
