package export_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestWriteAcrossMounts(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ why, mount, want string }{
		{"the directory is one", ".", "mount point"},
		{"there is one in it", "disk", "can't be linked"},
	} {
		dir := filepath.Join(t.TempDir(), "public")
		disk := filepath.Join(dir, tc.mount)
		if err := os.MkdirAll(disk, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=1m"); err != nil {
			t.Skipf("needs root and tmpfs: %v", err)
		}
		t.Cleanup(func() {
			if err := syscall.Unmount(disk, 0); err != nil {
				t.Error(err)
			}
		})
		put(t, filepath.Join(disk, "mine"), "mine")
		for _, body := range []string{"1", "2"} {
			report := write(t, dir, map[string]string{"/": body})
			if report.Written != 1 || !strings.Contains(report.InPlace, tc.want) {
				t.Errorf("%s: report %+v, want one in place for %q", tc.why, report, tc.want)
			}
			wantTree(t, dir, map[string]string{"index.html": body, filepath.Join(tc.mount, "mine"): "mine"})
		}
		alone(t, dir)
	}
}

// Labels and access lists of directories stay, on the file systems that have them.
func TestWriteKeepsAttributes(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "public")
	write(t, dir, map[string]string{"/": "1", "/latest": "page"})
	for _, name := range []string{"", "latest"} {
		if err := syscall.Setxattr(filepath.Join(dir, name), "user.label", []byte("of "+name), 0); err != nil {
			t.Skipf("needs extended attributes: %v", err)
		}
	}
	write(t, dir, map[string]string{"/": "2", "/latest": "page"})
	for _, name := range []string{"", "latest"} {
		value := make([]byte, 64)
		n, err := syscall.Getxattr(filepath.Join(dir, name), "user.label", value)
		if err != nil || string(value[:n]) != "of "+name {
			t.Errorf("attribute of %q is %q, %v", name, value[:max(n, 0)], err)
		}
	}
	wantTree(t, dir, map[string]string{"index.html": "2", "latest/index.html": "page"})
}
