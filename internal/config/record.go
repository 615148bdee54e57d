package config

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"tributary/internal/news"
)

// Hash gives a hash of [Config.Text] without holding that, which has some
// megabytes for 10,000 sources.
func (c *Config) Hash() (string, error) {
	sum := sha256.New()
	err := c.record(sum)
	return hex.EncodeToString(sum.Sum(nil)[:16]), err
}

// Text gives the [Snapshot] in one canonical form, for [ReadSnapshot]. Two files
// that mean the same give the same text.
func (c *Config) Text() (string, error) {
	var text strings.Builder
	err := c.record(&text)
	return text.String(), err
}

// record writes what encoding/json makes of the snapshot, but one source after
// the other.
func (c *Config) record(to io.Writer) error {
	own := c.ownByName()
	w := recorder{Writer: bufio.NewWriterSize(to, 1<<15)}
	w.field("{\n \"site\": ", c.siteKeys())
	if len(own) == 0 {
		w.put(",\n \"sources\": null")
	} else {
		w.sources(c, own)
	}
	w.field(",\n \"feeds\": ", c.feedEntries())
	if lists := c.listKeys(); len(lists) > 0 {
		w.field(",\n \"lists\": ", lists)
	}
	w.field(",\n \"fingerprints\": ", c.prints(own))
	w.put("\n}\n")
	if err := cmp.Or(w.err, w.Flush()); err != nil {
		return fmt.Errorf("write the config down: %w", err)
	}
	return nil
}

// recorder writes the parts of a record. What can't be written is told by Flush.
type recorder struct {
	*bufio.Writer
	err error // what could not be made JSON
}

func (w *recorder) put(text string) { _, _ = w.WriteString(text) }

// field writes a field of the snapshot after the text that leads to it.
func (w *recorder) field(lead string, value any) {
	w.put(lead)
	text, err := asJSON(value)
	w.err = cmp.Or(w.err, err)
	_, _ = w.Write(text)
}

func (w *recorder) sources(c *Config, own []*news.Source) {
	var pairs []string
	lead := ",\n \"sources\": [\n  {\n   \"name\": "
	for _, s := range own {
		w.put(lead)
		w.text(s.Name)
		lead = ",\n  {\n   \"name\": "
		pairs = c.appendPairs(pairs[:0], s)
		w.pairs(pairs)
		w.put("\n  }")
	}
	w.put("\n ]")
}

// pairs writes keys, in their order, and values; empty ones are left out.
func (w *recorder) pairs(pairs []string) {
	lead := ",\n   \"keys\": {\n    "
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			continue
		}
		w.put(lead)
		w.text(pairs[i])
		w.put(": ")
		w.text(pairs[i+1])
		lead = ",\n    "
	}
	w.put("\n   }")
}

// text writes a JSON string.
func (w *recorder) text(s string) {
	special := func(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' }
	if strings.ContainsFunc(s, special) {
		w.field("", s)
		return
	}
	_ = w.WriteByte('"')
	w.put(s)
	_ = w.WriteByte('"')
}

// asJSON gives the value of a field of an object.
func asJSON(value any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent(" ", " ")
	err := encoder.Encode(value)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}
