package render_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// TestAtomSchema checks Atom against the RELAX NG schema of RFC 4287.
func TestAtomSchema(t *testing.T) {
	t.Parallel()
	file := schema(t, "atom.rng")
	xmllint, err := exec.LookPath("xmllint")
	if err != nil {
		if os.Getenv("TRIBUTARY_TOOLS") == "required" || os.Getenv("CI") == "true" {
			t.Fatal("needs xmllint")
		}
		t.Skip("needs xmllint")
	}
	check := func(body []byte) error {
		path := filepath.Join(t.TempDir(), "feed.atom")
		if err := os.WriteFile(path, body, 0o644); err != nil {
			t.Fatal(err)
		}
		return exec.Command(xmllint, "--noout", "--relaxng", file, path).Run()
	}
	atom := formatNamed(t, "atom")
	for name, edition := range editions() {
		if err := check(mustRender(t, atom, edition)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	bad := bytes.Replace(mustRender(t, atom, richEdition()), []byte("<updated>"), []byte("<updated>x"), 1)
	if check(bad) == nil {
		t.Error("the schema lets any date pass")
	}
}

// TestJSONSchema checks JSON Feed against its JSON Schema.
func TestJSONSchema(t *testing.T) {
	t.Parallel()
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	compiled, err := compiler.Compile(schema(t, "jsonfeed-1.1.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	check := func(body []byte) error {
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
		if err != nil {
			return err
		}
		return compiled.Validate(value)
	}
	json := formatNamed(t, "json")
	for name, edition := range editions() {
		if err := check(mustRender(t, json, edition)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	good := string(mustRender(t, json, richEdition()))
	for old, bad := range map[string]string{
		`"title":"Our`:                 `"name":"Our`,
		`"date_published":"2026-01-20`: `"date_published":"2026-20-01`,
		`"mime_type":"audio/mpeg",`:    ``,
		`"duration_in_seconds":1834`:   `"duration_in_seconds":"1834"`,
	} {
		if check([]byte(strings.Replace(good, old, bad, 1))) == nil {
			t.Errorf("the schema lets %s pass", bad)
		}
	}
}

// schema gives the path of a schema that lies beside the checkout.
func schema(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join("../../../shared/schema", name)
	if _, err := os.Stat(path); err != nil {
		t.Skip("needs the schema of the format beside the checkout:", err)
	}
	return path
}
