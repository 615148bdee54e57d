package config

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// NewSource is a source to append to a config file.
type NewSource struct {
	Name          string
	URL           string
	Tags          []string
	AllowNetworks []netip.Prefix
}

// Block gives the [[source]] block of a new source, ready to paste.
func (s NewSource) Block() string {
	var b strings.Builder
	fmt.Fprintf(&b, "[[source]]\nname = %s\nurl  = %s\n", quoted(s.Name), quoted(s.URL))
	if len(s.Tags) > 0 {
		fmt.Fprintf(&b, "tags = %s\n", quotedList(s.Tags))
	}
	if len(s.AllowNetworks) > 0 {
		networks := make([]string, len(s.AllowNetworks))
		for i, prefix := range s.AllowNetworks {
			networks[i] = prefix.String()
		}
		fmt.Fprintf(&b, "allow_networks = %s\n", quotedList(networks))
	}
	return b.String()
}

// quoted writes a TOML basic string (TOML 1.0 §String).
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range strings.ToValidUTF8(s, "�") {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func quotedList(list []string) string {
	items := make([]string, len(list))
	for i, s := range list {
		items[i] = quoted(s)
	}
	return "[" + strings.Join(items, ", ") + "]"
}

// Append adds sources at the end of a config file, all of them or none. Nothing
// else in the file changes: comments, order and line ends stay. The file with
// the sources in it is checked as a whole before it replaces the old one, in one
// step, so that nobody ever reads half of it. A symbolic link stays one.
//
// A file that may not be written, or that defines `source = [...]`, gives an
// [*UnwritableError]; sources that the config can't take give [Errors].
func Append(path string, sources ...NewSource) error {
	before, err := readFile(path)
	if err != nil {
		return fmt.Errorf("append to config: %w", err)
	}
	if definesSourcesInline(before) {
		return &UnwritableError{Path: path, Reason: "it defines source = [...], which takes no [[source]] blocks"}
	}
	blocks := make([]string, len(sources))
	for i := range sources {
		blocks[i] = sources[i].Block()
	}
	after := appended(before, strings.Join(blocks, "\n"))
	if _, err := Parse(path, after, os.LookupEnv); err != nil {
		return err
	}
	return replaceFile(path, before, after)
}

// appended puts a block at the end of a file, an empty line before it.
func appended(data []byte, block string) []byte {
	end := "\n"
	if bytes.Contains(data, []byte("\r\n")) {
		end = "\r\n"
		block = strings.ReplaceAll(block, "\n", end)
	}
	out := bytes.Clone(data)
	if text := bytes.TrimPrefix(data, []byte(byteOrderMark)); len(text) > 0 {
		if !bytes.HasSuffix(text, []byte("\n")) {
			out = append(out, end...)
		}
		out = append(out, end...)
	}
	return append(out, block...)
}

// definesSourcesInline reports whether the file has source = [...] at its top
// level. A file that can't be read as TOML has not.
func definesSourcesInline(data []byte) bool {
	var parser unstable.Parser
	parser.Reset(bytes.TrimPrefix(data, []byte(byteOrderMark)))
	for parser.NextExpression() {
		node := parser.Expression()
		if node.Kind != unstable.KeyValue {
			return false // the top level is over
		}
		if keys := node.Key(); keys.Next() && string(keys.Node().Data) == "source" {
			return true
		}
	}
	return false
}
