package serve

import (
	"strings"
	"testing"

	"tributary/publisher"
)

// Whatever stands in If-None-Match, a variant is the client's only if its tag
// stands there, and always if it stands there alone.
func FuzzIfNoneMatch(f *testing.F) {
	rendition := publisher.NewRendition(publisher.Draft{
		Path: "/x", Kind: publisher.KindFeed, ContentType: "text/plain", Body: []byte(strings.Repeat("text ", 500)),
	}, nil)
	plain, gzip := rendition.Plain.ETag, rendition.Gzip.ETag
	for _, seed := range []string{"", "*", plain, gzip, "W/" + plain, `"a", "b"`, `"a,b",` + gzip, `"open`, "W/", `""`, plain + plain} {
		f.Add(seed, "gzip")
	}
	f.Fuzz(func(t *testing.T, tags, accept string) {
		v := tagged(&asked{tags: tags, encoding: accept}, rendition)
		if v != nil && !strings.Contains(tags, v.ETag) {
			t.Errorf("%q matches %s", tags, v.ETag)
		}
		trimmed := strings.TrimPrefix(strings.Trim(tags, " \t,"), "W/")
		if trimmed == plain && v != rendition.Plain {
			t.Errorf("%q does not match %s", tags, plain)
		}
		if v == rendition.Gzip && !strings.Contains(strings.ToLower(accept), "gzip") && !strings.Contains(accept, "*") {
			t.Errorf("gzip for a client that accepts %q", accept)
		}
	})
}
