package news

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"unicode"
)

// PublicAddress gives an address as it may be told to everybody, and whether it
// is whole: whether it leads there without what was taken out.
//
//  1. User and password go, and so does the fragment, which no server sees.
//  2. Of the query go the parameters whose name speaks of a key, and those with
//     a value that nobody would choose for people to read: 20 characters or
//     more, digits among them, without what separates words. An id is none,
//     since feeds are told apart by long ones: its name ends with "id".
//  3. Names of persons go along with those: without them they are no secret.
//  4. What is left stands as it stood.
//
// A secret in the path can't be told from any other path. What is no http(s)
// URL has no public address.
func PublicAddress(address string) (public string, whole bool) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return "", false
	}
	query, cut := publicQuery(u.RawQuery)
	if !cut && u.User == nil && u.Fragment == "" {
		return address, true
	}
	whole = !cut && u.User == nil
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	if cut {
		u.RawQuery = query
	}
	return u.String(), whole
}

// publicQuery gives a query without what is secret, and whether there was any.
func publicQuery(query string) (public string, cut bool) {
	parameters := strings.Split(query, "&")
	if !slices.ContainsFunc(parameters, secretParameter) {
		return query, false
	}
	return strings.Join(slices.DeleteFunc(parameters, func(parameter string) bool {
		name, _ := splitParameter(parameter)
		return secretParameter(parameter) || slices.ContainsFunc(wordsOf(name), isPerson)
	}), "&"), true
}

// secretParameter reports whether a parameter looks like a key: by its name or
// by its value.
func secretParameter(parameter string) bool {
	name, value := splitParameter(parameter)
	if value == "" {
		return false
	}
	words := wordsOf(name)
	return slices.ContainsFunc(words, isSecret) || !isID(words) && opaque(value)
}

func splitParameter(parameter string) (name, value string) {
	name, value, _ = strings.Cut(parameter, "=")
	return unescaped(name), unescaped(value)
}

func unescaped(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}

// wordsOf splits a name into its words, in lower case: "feedToken", "feed_token"
// and "feed-token" have two.
func wordsOf(name string) []string {
	var spaced strings.Builder
	last := ' '
	for _, r := range name {
		if unicode.IsUpper(r) && unicode.IsLower(last) {
			spaced.WriteByte(' ')
		}
		spaced.WriteRune(unicode.ToLower(r))
		last = r
	}
	return strings.FieldsFunc(spaced.String(), func(r rune) bool { return !unicode.IsLetter(r) })
}

// isSecret reports whether a word stands for a key, also at the end of a
// compound: "apikey", "authtoken".
func isSecret(word string) bool {
	switch word {
	case "auth", "authorization", "credential", "credentials", "hash", "hmac", "jwt", "pass", "passphrase",
		"passwd", "pw", "pwd", "session", "sid", "sig":
		return true
	}
	for _, end := range []string{"key", "password", "secret", "sessid", "sessionid", "signature", "token"} {
		if strings.HasSuffix(word, end) {
			return true
		}
	}
	return false
}

func isPerson(word string) bool {
	switch word {
	case "account", "email", "login", "mail", "member", "uid", "user", "userid", "username":
		return true
	}
	return false
}

func isID(words []string) bool { return len(words) > 0 && strings.HasSuffix(words[len(words)-1], "id") }

// opaque reports whether a value is long and made by a machine. Hexadecimal is,
// with hyphens too: a UUID.
func opaque(value string) bool {
	if len(value) < 20 || !strings.ContainsAny(value, "0123456789") {
		return false
	}
	return !strings.ContainsAny(value, " /.,-_") || strings.Trim(value, "0123456789abcdefABCDEF-") == "" &&
		strings.ContainsAny(value, "abcdefABCDEF")
}

// ToldOn reports whether the address of a source may be told to the visitors of
// a site: one on the public internet, by the looks of its host, to everybody;
// any other, as that of a machine at home or in a company, only by a site that
// is at such an address itself: its visitors are inside.
func ToldOn(site, address string) bool { return publicHost(address) || !publicHost(site) }

// publicHost reports whether an address looks as if everybody could reach it.
func publicHost(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.IsGlobalUnicast() && !ip.IsPrivate()
	}
	dot := strings.LastIndexByte(host, '.')
	switch host[dot+1:] {
	case "local", "localhost", "internal", "intranet", "lan", "home", "corp", "test", "arpa":
		return false
	}
	return dot > 0
}
