package config_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tributary/internal/config"
	"tributary/internal/news"
)

// TestAccess lays the keys that say how a source is reached over each other.
func TestAccess(t *testing.T) {
	t.Parallel()
	const file = "testdata/good/access.toml"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	authority, err := os.ReadFile("testdata/good/authority.pem")
	if err != nil {
		t.Fatal(err)
	}
	c, err := config.Parse(file, data, env("EXAMPLE_TOKEN", "t0ken", "PROXY_PASSWORD", "pass"))
	if err != nil {
		t.Fatal(err)
	}
	const proxy = "http://jane:pass@proxy.example:3128"
	for name, want := range map[string]news.FetchSettings{
		"host": {
			Proxy: proxy, UserAgent: "example/1", HTTP1: true,
			Headers: map[string]string{"X-Host": "1", "Authorization": "Token t"},
		},
		"own": {
			UserAgent: "other/2", CA: string(authority), IgnoreCache: true,
			Headers: map[string]string{"X-Host": "2", "Authorization": "Basic amFuZTp0MGtlbg=="},
		},
		"bearer": {
			Proxy: proxy, UserAgent: "example/1", CA: string(authority),
			Headers: map[string]string{"Authorization": "Bearer t0ken"},
		},
	} {
		source, _ := c.Source(name)
		got := source.Fetch
		got.Timeout, got.HostConcurrency, got.HostDelay = 0, 0, 0
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	watched := c.Files()
	if len(watched) != 2 || filepath.Base(watched[1]) != "authority.pem" {
		t.Errorf("files to watch: %q", watched)
	}
}
