package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestUnit lets systemd read the unit that is shipped.
func TestUnit(t *testing.T) {
	t.Parallel()
	const analyze = "systemd-analyze"
	tool(t, "systemd", analyze, "--version")
	unit, err := os.ReadFile(filepath.Join("..", "..", "deploy", "tributary.service"))
	if err != nil {
		t.Fatal(err)
	}
	here, err := os.Executable() // the program need not be installed
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "tributary.service")
	text := strings.ReplaceAll(string(unit), "/usr/local/bin/tributary", here)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	said, err := exec.CommandContext(t.Context(), analyze, "verify", "--man=no", file).CombinedOutput()
	if err != nil || strings.Contains(string(said), file) || strings.Contains(string(said), "tributary.service") {
		t.Errorf("verify: %v\n%s", err, said)
	}
	// Its exposure is 1.2 of 10; what stays is the network and its files.
	said, err = exec.CommandContext(t.Context(), analyze, "security", "--offline=true", "--threshold=15", file).CombinedOutput()
	if err != nil {
		t.Errorf("security: %v\n%s", err, said)
	}
}

// TestImage checks what of the Dockerfile can be checked without an engine: that
// it builds this module with a Go of its version, and copies what it builds.
func TestImage(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	text := func(name string) string {
		data, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	file := text("deploy/Dockerfile")
	version := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(text("go.mod"))
	if version == nil || !strings.Contains(file, "\nFROM golang:"+version[1]+" AS build\n") {
		t.Errorf("go.mod wants Go %q, the image is built with another", version)
	}
	built := regexp.MustCompile(`-o (\S+) (\S+)\n`).FindStringSubmatch(file)
	if built == nil || !strings.Contains(file, "\nCOPY --from=build "+built[1]+" ") {
		t.Fatalf("what is built is not what is copied: %q", built)
	}
	if _, err := os.Stat(filepath.Join(root, built[2], "main.go")); err != nil {
		t.Error(err)
	}
	if name := regexp.MustCompile(`-X main\.(\w+)=`).FindStringSubmatch(file); name == nil || !strings.Contains(text("cmd/tributary/version.go")+text("cmd/tributary/main.go"), name[1]) {
		t.Errorf("the version is set where there is none: %q", name)
	}
	for _, ignored := range []string{".git", "data", "*.db"} {
		if !strings.Contains("\n"+text("deploy/Dockerfile.dockerignore"), "\n"+ignored+"\n") {
			t.Errorf("%s gets into the image", ignored)
		}
	}
}
