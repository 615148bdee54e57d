package normalize

import (
	"testing"

	"github.com/microcosm-cc/bluemonday"
)

func TestSound(t *testing.T) {
	t.Parallel()
	for _, good := range []string{
		``, `text`, `a &amp; b &lt;c&gt; &#34;d&#34; &#39;`, `<p>a</p>`, `<p dir="ltr" lang="en">ü</p>`, `a<br>b`,
		`<a href="https://a.example/?x=1&amp;y=2#z" title="&lt;&#34;" rel="nofollow noreferrer">x</a>`,
		`<a href="mailto:a@b.example" rel="nofollow noreferrer">x</a>`, `<img src="http://a.example:8080" alt="" width="3">`,
		`<img src="https://a.example/1" srcset="https://a.example/1 1.5x, https://a.example/2,3/4 20w, https://a.example/5">`,
		`<video controls="" preload="none"><source src="https://a.example/1" type="video/mp4"></video>`,
		`<iframe src="https://www.youtube.com/x" sandbox="` + sandbox + `"></iframe>`,
	} {
		if !(rules{embeds: embeds}).sound(good) {
			t.Errorf("%q is sound", good)
		}
		if checked := testPolicy.Sanitize(good); checked != good {
			t.Errorf("bluemonday makes %q of %q", checked, good)
		}
	}
	for reason, bad := range map[string]string{
		"open tag":           `<p`,
		"open end tag":       `<p></p`,
		"bracket in text":    `a > b`,
		"quote in text":      `a " b`,
		"bare ampersand":     `a & b`,
		"other entity":       `&nbsp;`,
		"control":            "a\x01b",
		"NUL":                "a\x00b",
		"carriage return":    "a\rb",
		"upper case":         `<P>`,
		"unknown element":    `<script>x</script>`,
		"foreign element":    `<svg></svg>`,
		"comment":            `<!-- x -->`,
		"instruction":        `<?x>`,
		"slash at the end":   `<br/>`,
		"end of a void one":  `</br>`,
		"end with attribute": `</p dir="ltr">`,
		"handler":            `<p onclick="x">`,
		"other element's":    `<p href="https://a.example/">`,
		"id":                 `<p id="x">`,
		"no quotes":          `<img src=https://a.example/>`,
		"single quotes":      `<img src='https://a.example/'>`,
		"bracket in value":   `<img src="https://a.example/>">`,
		"two spaces":         `<p  dir="ltr">`,
		"no space":           `<p dir="ltr"lang="en">`,
		"space at the end":   `<p dir="ltr" >`,
		"line feed":          "<p\ndir=\"ltr\">",
		"slash":              `<p/dir="ltr">`,
		"no value":           `<video controls></video>`,
		"no target":          `<a rel="nofollow noreferrer">x</a>`,
		"no rel":             `<a href="https://a.example/">x</a>`,
		"other rel":          `<a href="https://a.example/" rel="opener">x</a>`,
		"script":             `<a href="javascript:x" rel="nofollow noreferrer">x</a>`,
		"script by escape":   `<a href="java&#10;script:x" rel="nofollow noreferrer">x</a>`,
		"relative":           `<img src="/x">`,
		"no scheme":          `<img src="//a.example/x">`,
		"mailto on picture":  `<img src="mailto:a@b.example">`,
		"user":               `<img src="https://u@a.example/">`,
		"user with port":     `<img src="https://u:1@a.example/">`,
		"backslash":          `<img src="https://a.example\x">`,
		"backslash later":    `<img src="https://a.example/\x">`,
		"broken escape":      `<img src="https://a.example/%zz">`,
		"upper case host":    `<img src="https://A.example/">`,
		"beyond ASCII":       `<img src="https://a.example/ü">`,
		"data in srcset":     `<img src="https://a.example/" srcset="https://a.example/1 1x, data:x 2x">`,
		"words in srcset":    `<img src="https://a.example/" srcset="https://a.example/1 1x 2w">`,
		"frame elsewhere":    `<iframe src="https://evil.example/" sandbox="` + sandbox + `"></iframe>`,
		"frame that is near": `<iframe src="https://notyoutube.com/" sandbox="` + sandbox + `"></iframe>`,
		"frame not over TLS": `<iframe src="http://youtube.com/" sandbox="` + sandbox + `"></iframe>`,
		"frame with port":    `<iframe src="https://youtube.com:81/" sandbox="` + sandbox + `"></iframe>`,
		"frame not boxed":    `<iframe src="https://youtube.com/"></iframe>`,
		"frame let loose":    `<iframe src="https://youtube.com/" sandbox="allow-top-navigation"></iframe>`,
		"document in frame":  `<iframe srcdoc="x" src="https://youtube.com/" sandbox="` + sandbox + `"></iframe>`,
		"number":             `<img src="https://a.example/" width="1e3">`,
		"language":           `<p lang="&#34;">`,
	} {
		if (rules{embeds: embeds}).sound(bad) {
			t.Errorf("%s: %q is not sound", reason, bad)
		}
	}
	if (rules{}).sound(`<iframe src="https://youtube.com/" sandbox="` + sandbox + `"></iframe>`) {
		t.Error("a frame is not sound where none is allowed")
	}
}

// TestSoundIsWhatWeWrite makes sure that bluemonday is hardly ever needed: of
// what our pass makes of stories, all is sound.
func TestSoundIsWhatWeWrite(t *testing.T) {
	t.Parallel()
	for _, v := range readVectors(t, ownVectors) {
		r := rules{embeds: embeds}
		if out := r.walk(story(v.HTML)).html; !r.sound(out) && out != "" {
			t.Errorf("%s: not sound: %q", v.Name, out)
		}
	}
}

// TestNotSoundIsChecked makes sure that bluemonday decides about what is not
// sound: here by a policy that allows nothing.
func TestNotSoundIsChecked(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ reason, in, want string }{
		{"sound, so nobody asks it", `<b>a</b>`, `<b>a</b>`},
		{"an IPv6 address is beyond the recognizer", `<b>a</b><img src="http://[2001:db8::1]/x">`, `a`},
	} {
		if got := (rules{}).clean(story(tt.in), bluemonday.StrictPolicy()).html; got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.reason, got, tt.want)
		}
	}
	verify(t, story(`<b>a</b><img src="http://[2001:db8::1]/x">`))
}

// FuzzSound gives HTML straight to the recognizer: whatever it takes for sound
// is allowed, tags that don't match aside.
func FuzzSound(f *testing.F) {
	for _, v := range readVectors(f, ownVectors) {
		f.Add(sanitiseHTML(v.HTML))
	}
	f.Fuzz(func(t *testing.T, in string) {
		if !(rules{embeds: embeds}).sound(in) {
			return
		}
		if err := forbidden(in, embeds...); err != nil {
			t.Errorf("sound, but %v: %q", err, in)
		}
		if err := danger(in, embeds...); err != nil {
			t.Errorf("sound, but %v: %q", err, in)
		}
	})
}
