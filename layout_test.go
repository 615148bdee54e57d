// Package tributary holds no code: this test keeps the import rules of
// docs/architecture.md over all packages below.
package tributary

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "tributary"

// listed is what `go list` says of a package.
type listed struct {
	ImportPath string
	Imports    []string
}

// name is the path inside the module.
func (p *listed) name() string {
	return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
}

// ours gives the packages of this module that it imports, by name.
func (p *listed) ours() []string {
	var names []string
	for _, path := range p.Imports {
		if rest, ok := strings.CutPrefix(path, module+"/"); ok {
			names = append(names, rest)
		}
	}
	return names
}

// within reports whether a package is one of these or below one of them.
func within(name string, roots ...string) bool {
	return slices.ContainsFunc(roots, func(root string) bool {
		return name == root || strings.HasPrefix(name, root+"/")
	})
}

func TestLayout(t *testing.T) {
	t.Parallel()
	packages := list(t)
	rules := []struct {
		rule string
		keep func(importer *listed, imported string) bool
	}{
		{"1: internal/news imports none of ours", func(p *listed, _ string) bool {
			return p.name() != "internal/news"
		}},
		{"2: aggregator and publisher never import each other, a store, config or cmd", func(p *listed, imported string) bool {
			switch {
			case within(p.name(), "aggregator"):
				return !within(imported, "publisher", "internal/store", "internal/config", "cmd")
			case within(p.name(), "publisher"):
				return !within(imported, "aggregator", "internal/store", "internal/config", "cmd")
			}
			return true
		}},
		{"3: stores import only news, relational, migrate and transfer", func(p *listed, imported string) bool {
			if within(p.name(), "internal/store/sqlite", "internal/store/postgres", "internal/store/relational") {
				return within(imported, "internal/news", "internal/store/migrate", "internal/store/relational", "internal/store/transfer")
			}
			return true
		}},
		{"4: nobody but cmd imports config", func(p *listed, imported string) bool {
			return imported != "internal/config" || within(p.name(), "cmd")
		}},
		{"4: config imports only the domain and leaf parsers", func(p *listed, imported string) bool {
			return p.name() != "internal/config" ||
				within(imported, "internal/news", "internal/rule", "aggregator/schedule", "publisher/render")
		}},
		{"6: storetest, upstreamtest, postgrestest and httpscript are imported by tests and bench only", func(p *listed, imported string) bool {
			return !within(imported, "internal/store/storetest", "internal/upstreamtest", "internal/postgrestest", "internal/httpscript") || within(p.name(), "bench")
		}},
		{"7: internal/fastpath imports none of ours", func(p *listed, _ string) bool {
			return p.name() != "internal/fastpath"
		}},
	}
	for _, p := range packages {
		for _, imported := range p.ours() {
			for _, rule := range rules {
				if !rule.keep(p, imported) {
					t.Errorf("%s imports %s: rule %s", p.name(), imported, rule.rule)
				}
			}
		}
	}
}

// TestLayoutOneImporter keeps rule 5: each third-party module has one package
// that imports it, tests aside. golang.org/x counts as the standard library.
func TestLayoutOneImporter(t *testing.T) {
	t.Parallel()
	modules := requirements(t)
	importers := make(map[string][]string)
	for _, p := range list(t) {
		used := make(map[string]bool)
		for _, path := range p.Imports {
			if m := moduleOf(path, modules); m != "" {
				used[m] = true
			}
		}
		for m := range used {
			importers[m] = append(importers[m], p.name())
		}
	}
	if len(importers) == 0 {
		t.Fatal("no third-party import found: the test sees nothing")
	}
	for m, packages := range importers {
		if len(packages) > 1 {
			t.Errorf("rule 5: %s is imported by %s", m, strings.Join(packages, ", "))
		}
	}
}

// TestLayoutNewsIsPlain keeps the other half of rule 1.
func TestLayoutNewsIsPlain(t *testing.T) {
	t.Parallel()
	modules := requirements(t)
	for _, p := range list(t) {
		for _, path := range p.Imports {
			if p.name() == "internal/news" && (moduleOf(path, modules) != "" || strings.HasPrefix(path, "golang.org/x/")) {
				t.Errorf("rule 1: internal/news imports %s", path)
			}
		}
	}
}

func list(t *testing.T) []*listed {
	t.Helper()
	out := run(t, "list", "-json=ImportPath,Imports", "./...")
	var packages []*listed
	for decoder := json.NewDecoder(strings.NewReader(out)); ; {
		p := new(listed)
		if err := decoder.Decode(p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatalf("decode go list: %v", err)
		}
		packages = append(packages, p)
	}
}

// requirements gives the third-party modules of the build.
func requirements(t *testing.T) []string {
	t.Helper()
	modules := strings.Fields(run(t, "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}{{end}}{{end}}", "./..."))
	slices.Sort(modules)
	return slices.DeleteFunc(slices.Compact(modules), func(m string) bool { return strings.HasPrefix(m, "golang.org/x/") })
}

// moduleOf finds the module of an import path, the longest that fits.
func moduleOf(path string, modules []string) string {
	best := ""
	for _, m := range modules {
		if within(path, m) && len(m) > len(best) {
			best = m
		}
	}
	return best
}

func run(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("go", args...).Output()
	if err != nil {
		t.Fatalf("go %s: %v", strings.Join(args, " "), err)
	}
	return string(out)
}
