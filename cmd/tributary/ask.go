package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tributary/internal/config"
	"tributary/publisher/admin"
)

const (
	// askTimeout bounds a reload: working out the feeds of many stories anew
	// takes its time.
	askTimeout = 2 * time.Minute
	// maxAnswer bounds an answer in bytes: 10,000 mistakes, say.
	maxAnswer = 4 << 20
)

func newReload(a *app) *cobra.Command {
	var address string
	cmd := &cobra.Command{
		Use:   "reload",
		Short: "Make the running serve take the config as it is now",
		Long: `Asks the serve that runs with this config to read it again, over its admin
address ([site] admin), and tells what became of it: taken, or all mistakes, which
leave the former config in force.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.askReload(cmd.Context(), address) },
	}
	cmd.Flags().StringVar(&address, "admin", "", "admin `address` of the server, where it is not the config's")
	return cmd
}

// askReload asks the running server to reload. Mistakes that are seen here
// already are told without asking.
func (a *app) askReload(ctx context.Context, address string) error {
	c, err := a.config()
	if err != nil {
		return err
	}
	if err := c.Override(config.Node{Admin: address}); err != nil {
		return err
	}
	node := c.Node()
	if node.Admin == "" {
		return errors.New("the admin listener is off ([site] admin), so nobody can be asked; SIGHUP makes a serve reload too")
	}
	form := url.Values{}
	if address == "" { // else the operator says which server is meant
		form.Set("config", c.Path())
	}
	reloaded, err := askServer(ctx, node, form)
	if err != nil {
		return failed(err)
	}
	return a.tellReloaded(reloaded)
}

func (a *app) tellReloaded(reloaded admin.Reloaded) error {
	switch {
	case reloaded.Mistakes != "":
		return fmt.Errorf("the server did not take the config, the former one stays in force: %s", reloaded.Mistakes)
	case !reloaded.Taken:
		return failed(fmt.Errorf("the server answers: %s", reloaded.Error))
	}
	text := fmt.Sprintf("config taken: %s, %s\n", count(reloaded.Sources, "source"), count(reloaded.Feeds, "feed"))
	if len(reloaded.Restart) > 0 {
		text += "a restart of serve is needed for: " + strings.Join(reloaded.Restart, ", ") + "\n"
	}
	_, err := io.WriteString(a.stdout, text)
	return failed(err)
}

// askServer sends a form to the admin listener. It goes straight: a proxy is
// for sources, and the token is for nobody else.
func askServer(ctx context.Context, node config.Node, form url.Values) (reloaded admin.Reloaded, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+reachable(node.Admin)+admin.ReloadPath, strings.NewReader(form.Encode()))
	if err != nil {
		return reloaded, err
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if node.AdminToken != "" {
		request.Header.Set("Authorization", "Bearer "+node.AdminToken)
	}
	client := http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, err := client.Do(request)
	if err != nil {
		return reloaded, fmt.Errorf("no serve answers on %s: %w; is it running with this config? --admin names another address", node.Admin, cause(err))
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusUnauthorized {
		return reloaded, fmt.Errorf("the server on %s wants another admin_token than this config has; it takes a changed one with the config, when that is saved or on SIGHUP", node.Admin)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err == nil {
		err = json.Unmarshal(body, &reloaded)
	}
	if err != nil {
		return reloaded, fmt.Errorf("what listens on %s is no serve of this version: it answers with status %d", node.Admin, response.StatusCode)
	}
	return reloaded, nil
}

// cause leaves the URL out of an error of the HTTP client: it says nothing new.
func cause(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	return err
}

// reachable is where a listener of this machine is asked: one on all addresses
// is on localhost too.
func reachable(address string) string {
	host, port, _ := net.SplitHostPort(address) // it was checked
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}
