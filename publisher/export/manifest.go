package export

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// manifestName is the file that says which files are an export's.
const manifestName = ".tributary-export"

// manifestHead is the manifest's first line; a name a line follows.
const manifestHead = "# Files that tributary wrote here and may replace or remove."

// readManifest gives the sorted names that former exports wrote; none without
// a manifest. A name that could lead elsewhere is an error, not followed.
func (e *export) readManifest() ([]string, error) {
	text, err := e.root.ReadFile(manifestName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, e.wrap("read", manifestName, err)
	}
	head, rest, _ := strings.Cut(string(text), "\n")
	if head != manifestHead {
		return nil, fmt.Errorf("%s is no export manifest; move it away or export to another directory", e.full(manifestName))
	}
	var list []string
	for line := range strings.Lines(rest) {
		name := strings.TrimSuffix(line, "\n")
		if !safeName(name) {
			return nil, fmt.Errorf("%s names %q, which no export writes; remove that line", e.full(manifestName), name)
		}
		list = append(list, name)
	}
	slices.Sort(list)
	return slices.Compact(list), nil
}

func (e *export) writeManifest(list []string) error {
	text := manifestText(list)
	if same, err := e.same(manifestName, text); err == nil && same {
		return nil
	}
	return e.replace(manifestName, text)
}

func manifestText(list []string) []byte {
	return []byte(manifestHead + "\n" + strings.Join(append(list, ""), "\n"))
}
