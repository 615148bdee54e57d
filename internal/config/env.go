package config

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

var variable = regexp.MustCompile(`\$\{([^}]*)\}`)

var variableForm = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// unsetHint is the cure for a variable that can't be put in.
const unsetHint = "set it where the program is started, or take the key out"

// expand puts variables of the environment into a secret. One that is not set
// or empty is an error: a request without its password tells nobody why.
func (b *builder) expand(text string) (string, error) {
	var problem error
	expanded := variable.ReplaceAllStringFunc(text, func(match string) string {
		name := match[2 : len(match)-1]
		value, set := b.env(name)
		switch {
		case !variableForm.MatchString(name):
			problem = fmt.Errorf("%q is no name of an environment variable", name)
		case !set || value == "":
			problem = fmt.Errorf("the environment variable %s is not set", name)
		}
		return value
	})
	return expanded, problem
}

// secret reads a key with variables in it. It reports false when something is
// wrong, not when the key is absent.
func (b *builder) secret(t *table, key string, to *string) bool {
	var text string
	if !t.text(key, &text) {
		return !t.has(key) || t.values[key] == ""
	}
	expanded, err := b.expand(text)
	if err != nil {
		t.fail(key, key+": "+err.Error(), unsetHint)
		return false
	}
	*to = expanded
	return true
}

// node reads the keys of one node and lays the environment over them.
func (b *builder) node(t *table) {
	node, resolve := &b.config.node, databaseIn(t.doc.dir)
	t.checked("listen", &node.Listen, checkListen)
	b.admin(t)
	t.checked("database", &node.Database, resolve)
	node.Database, _ = resolve(node.Database) // the default is relative; what was checked stays
	intact := b.secret(t, "admin_token", &node.AdminToken)
	var roles []string
	if t.texts("roles", &roles, checkRole) {
		if len(roles) == 0 {
			t.fail("roles", "roles must not be empty", `write roles = ["pull", "publish"], or one of them`)
		}
		node.Roles = asRoles(roles)
	}
	b.environment(node, resolve)
	switch {
	case !intact || !node.exposed():
	case t.has("admin"):
		t.fail("admin", exposedMessage(node.Admin), `set admin_token = "${TRIBUTARY_ADMIN_TOKEN}", or listen on localhost`)
	default:
		b.errs = append(b.errs, &Error{File: "TRIBUTARY_ADMIN", Message: exposedMessage(node.Admin)})
	}
}

// admin reads the address for operators. Here an empty text is no absent key:
// it turns the listener off, as "off" does.
func (b *builder) admin(t *table) {
	if value, _ := t.get("admin"); value == "" {
		b.config.node.Admin, b.config.adminChosen = "", true
		return
	}
	b.config.adminChosen = t.checked("admin", &b.config.node.Admin, checkAdmin)
}

// environment lays TRIBUTARY_… over the keys of one node.
func (b *builder) environment(node *Node, database func(string) (string, error)) {
	lay := func(name string, to *string, check func(string) (string, error)) {
		value, _ := b.env(name)
		if value == "" {
			return
		}
		checked, err := check(value)
		if err != nil {
			b.errs = append(b.errs, &Error{File: name, Message: err.Error()})
			return
		}
		*to = checked
	}
	lay("TRIBUTARY_LISTEN", &node.Listen, checkListen)
	if value, _ := b.env("TRIBUTARY_ADMIN"); value != "" {
		b.config.adminChosen = true
	}
	lay("TRIBUTARY_ADMIN", &node.Admin, checkAdmin)
	lay("TRIBUTARY_DATABASE", &node.Database, database)
	if node.AdminToken == "" {
		lay("TRIBUTARY_ADMIN_TOKEN", &node.AdminToken, anyText)
	}
	var roles string
	lay("TRIBUTARY_ROLES", &roles, checkRoles)
	if roles != "" {
		node.Roles = asRoles(strings.Split(roles, ","))
	}
}

// checkRoles checks roles between commas.
func checkRoles(list string) (string, error) {
	names := strings.Split(strings.ReplaceAll(list, " ", ""), ",")
	var problems []error
	for _, name := range names {
		_, err := checkRole(name)
		problems = append(problems, err)
	}
	return strings.Join(names, ","), errors.Join(problems...)
}

func asRoles(names []string) []Role {
	roles := make([]Role, len(names))
	for i, name := range names {
		roles[i] = Role(name)
	}
	return roles
}
