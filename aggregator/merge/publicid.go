package merge

import (
	"cmp"
	"crypto/sha1"
	"encoding/hex"
	"net/url"
	"strings"

	"tributary/internal/news"
)

// maxPublicID is the longest upstream id that we publish as it is, in bytes.
const maxPublicID = 1024

// publicID chooses the id that we publish a new story under, for ever:
//
//  1. the one that the story was published under before, by what the store
//     remembers of stories that are gone;
//  2. else a local article's own, else the upstream's id, when it is an
//     absolute URI that no other story has: whoever comes first keeps a URI,
//     else one source could overwrite another's story in every reader;
//  3. else a urn:uuid: of version 5 over the source and the upstream's id, so
//     that a database made anew gives the same one.
func (x *index) publicID(source, reserved string, story *news.Story) string {
	if reserved != "" && !x.given[reserved] {
		x.taken[reserved], x.given[reserved] = true, true
		return reserved
	}
	id := cmp.Or(story.PublicID, story.ID)
	if !isAbsoluteURI(id) || x.taken[id] {
		id = nameUUID(source, story.ID)
	}
	for n := byte('2'); x.taken[id]; n++ {
		id = nameUUID(source, story.ID, string(n))
	}
	x.taken[id], x.given[id] = true, true
	return id
}

// isAbsoluteURI reports whether an id can stand as atom:id (RFC 4287 §4.2.6)
// and RSS guid as it is: RFC 3986 §4.3 with only the characters of §2.
func isAbsoluteURI(id string) bool {
	if len(id) > maxPublicID || strings.ContainsFunc(id, notURI) {
		return false
	}
	u, err := url.Parse(id)
	if err != nil || u.Scheme == "" {
		return false
	}
	if u.Opaque != "" {
		return true
	}
	return u.Host != ""
}

func notURI(r rune) bool {
	return r <= ' ' || r >= 0x7f || strings.ContainsRune("\"<>\\^`{|}", r)
}

// urlNamespace is the name space for URLs of RFC 9562 §6.6.
var urlNamespace = [16]byte{0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8}

// nameUUID is the urn:uuid: of version 5 (RFC 9562 §5.5) over its parts.
func nameUUID(parts ...string) string {
	h := sha1.New()
	h.Write(urlNamespace[:])
	h.Write([]byte(strings.Join(parts, "\n")))
	b := h.Sum(nil)[:16]
	b[6] = b[6]&0x0f | 0x50
	b[8] = b[8]&0x3f | 0x80
	s := hex.EncodeToString(b)
	return "urn:uuid:" + s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}
