package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"tributary/internal/rule/nearest"
)

// Node is what may differ between the nodes of one installation.
type Node struct {
	Listen     string // host:port of the public listener
	Admin      string // host:port of the admin listener; empty for none
	AdminToken string // secret; never empty when Admin is not on loopback
	Database   string // absolute path of an SQLite file, or a postgres:// URL
	Roles      []Role // at least one, none twice
}

// Has reports whether the node has a role.
func (n Node) Has(role Role) bool { return slices.Contains(n.Roles, role) }

// Role is a part of the work.
type Role string

// The roles.
const (
	RolePull    Role = "pull"    // visits sources
	RolePublish Role = "publish" // renders and serves
)

// Override lays values of the command line over the config; empty ones change
// nothing; the Admin "off" turns that listener off. Relative database paths are relative to the working directory here.
// The error names the flag; the config is then as it was.
func (c *Config) Override(flags Node) error {
	node := c.node
	var problems []error
	set := func(flag string, to *string, value string, check func(string) (string, error)) {
		if value == "" {
			return
		}
		checked, err := check(value)
		if err != nil {
			problems = append(problems, fmt.Errorf("--%s: %w", flag, err))
			return
		}
		*to = checked
	}
	set("listen", &node.Listen, flags.Listen, checkListen)
	set("admin", &node.Admin, flags.Admin, checkAdmin)
	set("database", &node.Database, flags.Database, databaseIn("."))
	if len(flags.Roles) > 0 {
		node.Roles = flags.Roles
		for i, role := range flags.Roles {
			if _, err := checkRole(string(role)); err != nil {
				problems = append(problems, fmt.Errorf("--roles: %w", err))
			} else if slices.Contains(flags.Roles[:i], role) {
				problems = append(problems, fmt.Errorf("--roles: %q is there twice", role))
			}
		}
	}
	if problems == nil && node.exposed() {
		problems = append(problems, fmt.Errorf("--admin: %s", exposedMessage(node.Admin)))
	}
	if err := errors.Join(problems...); err != nil {
		return err
	}
	c.node = node
	c.adminChosen = c.adminChosen || flags.Admin != ""
	return nil
}

// exposed reports whether anybody could reach the admin pages without a token.
func (n Node) exposed() bool { return n.Admin != "" && n.AdminToken == "" && !loopback(n.Admin) }

// AdminOff in place of an address turns the admin listener off.
const AdminOff = "off"

func exposedMessage(admin string) string {
	return fmt.Sprintf("admin on %s can be reached from other machines: that needs an admin_token", admin)
}

// loopback reports whether a listener's address is on this machine only.
func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.IsLoopback()
}

// checkAdmin gives an empty address for AdminOff.
func checkAdmin(address string) (string, error) {
	if address == AdminOff {
		return "", nil
	}
	return checkListen(address)
}

func checkListen(address string) (string, error) {
	_, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return "", fmt.Errorf(`%q is no address to listen on: write host:port, as in "localhost:8080" or ":8080"`, address)
	}
	return address, nil
}

// databaseIn checks a database and resolves a path in a folder.
func databaseIn(dir string) func(string) (string, error) {
	return func(database string) (string, error) {
		scheme, _, isURL := strings.Cut(database, "://")
		if isURL {
			u, err := url.Parse(database)
			if err != nil || scheme != "postgres" && scheme != "postgresql" || u.Host == "" && u.RawQuery == "" {
				return "", &cured{errors.New("a database is the path of an SQLite file or postgres://user@host/name"), `as in "data/tributary.db"`}
			}
			return database, nil
		}
		if filepath.IsAbs(database) {
			return filepath.Clean(database), nil
		}
		return filepath.Abs(filepath.Join(dir, database))
	}
}

func checkRole(role string) (string, error) {
	known := []string{string(RolePull), string(RolePublish)}
	if slices.Contains(known, role) {
		return role, nil
	}
	if meant := nearest.Word(role, known); meant != "" {
		return "", fmt.Errorf("unknown role %q, did you mean %q?", role, meant)
	}
	return "", fmt.Errorf(`unknown role %q, there are "pull" and "publish"`, role)
}
