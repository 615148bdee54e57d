package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"tributary/internal/config"
	"tributary/publisher/serve"
)

// What is saved after the server read it and before it watches is taken, and a
// config that nobody saved isn't read a second time.
func TestReloaderTakesWhatWasSavedBeforeItWatched(t *testing.T) {
	t.Parallel()
	const own = "include = [\"more/*.toml\"]\n"
	config := own + strings.Replace(siteConfig, "[site]\n", "[site]\ntheme = \"look\"\n", 1)
	for _, tc := range []struct {
		why, file, text string
		taken           bool
	}{
		{"the config", "config.toml", config + "[[feed]]\nname = \"new\"\n", true},
		{"an included file", "more/a.toml", "[[feed]]\nname = \"new\"\n", true},
		{"a file of the theme", "look/templates/feed.html", `{{define "main"}}second look{{end}}`, true},
		{"a new file of the theme", "look/static/custom.css", "body { color: red }", true},
		{"the same again", "config.toml", config, false},
		{"a neighbor", "notes.txt", "nothing", false},
	} {
		t.Run(tc.why, func(t *testing.T) {
			t.Parallel()
			s := newTestSite(t, config)
			s.write("more/a.toml", "[[feed]]\nname = \"old\"\n")
			s.write("look/templates/feed.html", `{{define "main"}}first look{{end}}`)
			r, log := s.reloader()
			s.write(tc.file, tc.text)
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan struct{})
			go func() {
				defer close(done)
				r.run(ctx)
			}()
			asked := r.ask(ctx) // it is taken after what the start found
			cancel()
			<-done
			want := 1
			if tc.taken {
				want = 2
			}
			if got := strings.Count(log.String(), "config taken"); got != want || !asked.Taken {
				t.Errorf("taken %d times, want %d:\n%s", got, want, log)
			}
		})
	}
}

// reloader is that of a server whose config was just read.
func (s *testSite) reloader() (*reloader, *lockedBuffer) {
	s.t.Helper()
	messages := new(lockedBuffer)
	a := &app{configPath: s.path("config.toml"), logLevel: "info", logFormat: "json", stderr: messages}
	log, err := a.logger()
	if err != nil {
		s.t.Fatal(err)
	}
	c, err := a.config()
	if err != nil {
		s.t.Fatal(err)
	}
	d := newDesk(log)
	theme := treeSum(c.Theme())
	if d.engine, err = a.wire(s.t.Context(), c, log, d.observers()); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		if err := d.engine.close(); err != nil {
			s.t.Error(err)
		}
	})
	r := newReloader(a, d.engine, d, config.Node{}, true, log)
	r.theme, r.lists = theme, newLists(d.engine, time.Now, log)
	r.handler = serve.New(d.engine.publisher, d.engine.publisher, servedBy(c), log)
	return r, messages
}
