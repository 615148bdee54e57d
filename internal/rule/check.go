package rule

import (
	"errors"
	"fmt"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/parser"

	"tributary/internal/rule/nearest"
)

// functions are the builtins of expr that a rule may call. All of them take
// time in proportion to their arguments and give no more than they took.
var functions = []string{
	"all", "any", "none", "one", "count", "filter", "find", "first", "last", "len",
	"lower", "upper", "trim", "trimPrefix", "trimSuffix", "hasPrefix", "hasSuffix", "indexOf", "lastIndexOf",
	"abs", "ceil", "floor", "round", "int", "float", "string", "max", "min",
	"date", "duration",
}

// Functions gives the names of the functions that a rule may call, as
// https://expr-lang.org/docs/language-definition describes them.
func Functions() []string { return slices.Clone(functions) }

// methods are what a rule may call on a time or a duration: they only read it,
// and none of them depends on the machine's zone.
var methods = []string{
	"Year", "Month", "Day", "Weekday", "Hour", "Minute", "Second", "YearDay", "Unix",
	"Before", "After", "Equal", "Sub", "IsZero", "Format", "String", "Hours", "Minutes", "Seconds",
}

// synonyms are names that people try and that no spelling leads to.
var synonyms = map[string]string{
	"url": "link", "date": "published", "time": "published", "updated": "published",
	"body": "content", "text": "content", "description": "summary",
	"feed": "source", "name": "source", "site": "host", "domain": "host",
	"keywords": "categories", "lang": "language", "length": "words",
}

// check parses a rule and refuses what it must not hold; see Compile for the
// list. It gives the variables that the rule reads.
func check(source string) (map[string]bool, *Error) {
	config := conf.CreateNew()
	config.MaxNodes = maxNodes
	tree, err := parser.ParseWithConfig(source, config)
	if err != nil {
		return nil, translate(source, err)
	}
	c := &checker{source: source, uses: map[string]bool{}, callees: map[ast.Node]bool{}}
	ast.Walk(&tree.Node, markCallees(c.callees))
	ast.Walk(&tree.Node, c)
	if c.err != nil {
		return nil, c.err
	}
	return c.uses, nil
}

// markCallees notes which names are called: a visitor meets them before the
// call that they belong to.
type markCallees map[ast.Node]bool

// Visit implements [ast.Visitor].
func (m markCallees) Visit(node *ast.Node) {
	if call, ok := (*node).(*ast.CallNode); ok {
		m[call.Callee] = true
	}
}

// checker keeps the leftmost of the errors that it meets.
type checker struct {
	source  string
	uses    map[string]bool
	callees map[ast.Node]bool
	err     *Error
	at      int // where err is
}

// Visit implements [ast.Visitor].
func (c *checker) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		c.identifier(n)
	case *ast.BuiltinNode:
		c.function(n, n.Name)
	case *ast.MemberNode:
		c.member(n)
	case *ast.BinaryNode:
		c.binary(n)
	case *ast.PredicateNode:
		inner := ast.Find(n.Node, func(n ast.Node) bool { _, ok := n.(*ast.PredicateNode); return ok })
		if inner != nil {
			c.refuse(inner, "a predicate must not stand inside another one", "")
		}
	case *ast.VariableDeclaratorNode:
		c.refuse(n, "let is not available in rules", "")
	case *ast.SequenceNode:
		c.refuse(n, "a rule is one expression, without ;", "")
	}
}

func (c *checker) refuse(node ast.Node, message, hint string) {
	at := node.Location().From
	if c.err == nil || at < c.at {
		c.err, c.at = errorAt(c.source, at, message, hint), at
	}
}

func (c *checker) identifier(n *ast.IdentifierNode) {
	switch {
	case c.callees[n]:
		c.function(n, n.Value)
	case slices.Contains(variableNames, n.Value):
		c.uses[n.Value] = true
	default:
		meant := synonyms[strings.ToLower(n.Value)]
		if meant == "" {
			meant = nearest.Word(n.Value, variableNames)
		}
		c.refuse(n, fmt.Sprintf("unknown variable %q", n.Value), suggest(meant, variableNames))
	}
}

func (c *checker) function(n ast.Node, name string) {
	switch {
	case slices.Contains(functions, name):
	case name == "now":
		c.refuse(n, "now() is not available: a rule does not see the clock", "use max_age for the age of stories")
	case slices.Contains(builtin.Names, name):
		c.refuse(n, fmt.Sprintf("%s() is not available in rules", name), "functions: "+strings.Join(functions, ", "))
	default:
		c.refuse(n, fmt.Sprintf("unknown function %q", name), suggest(nearest.Word(name, functions), functions))
	}
}

// member lets through fields of enclosures, indices and the methods above.
func (c *checker) member(n *ast.MemberNode) {
	name, ok := n.Property.(*ast.StringNode)
	switch {
	case !ok: // an index
	case c.callees[n]:
		if !slices.Contains(methods, name.Value) {
			c.refuse(n.Property, fmt.Sprintf("unknown method %q", name.Value), suggest(nearest.Word(name.Value, methods), methods))
		}
	case !slices.Contains(enclosureNames, name.Value):
		c.refuse(n.Property, fmt.Sprintf("unknown field %q", name.Value), suggest(nearest.Word(name.Value, enclosureNames), enclosureNames))
	}
}

func (c *checker) binary(n *ast.BinaryNode) {
	switch n.Operator {
	case "..":
		c.refuse(n, "ranges are not available in rules", "")
	case "matches":
		c.pattern(n.Right)
		fallthrough
	case "contains", "startsWith", "endsWith":
		list, ok := n.Left.(*ast.IdentifierNode)
		if ok && slices.Contains(listNames, list.Value) {
			c.refuse(n.Left, fmt.Sprintf("%s is a list, %s needs text", list.Value, n.Operator),
				fmt.Sprintf(`write "…" in %[1]s, or any(%[1]s, # %[2]s "…")`, list.Value, n.Operator))
		}
	}
}

// pattern wants a literal regular expression of limited size.
func (c *checker) pattern(n ast.Node) {
	literal, ok := n.(*ast.StringNode)
	if !ok {
		c.refuse(n, "the pattern of matches must be literal text", `as in title matches "(?i)sponsored"`)
		return
	}
	parsed, err := syntax.Parse(literal.Value, syntax.Perl)
	if err != nil {
		var bad *syntax.Error
		if errors.As(err, &bad) {
			err = fmt.Errorf("%s: `%s`", bad.Code, bad.Expr)
		}
		c.refuse(n, "malformed pattern: "+err.Error(), "")
		return
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil || len(program.Inst) > maxPattern {
		c.refuse(n, "the pattern is too large", "fewer alternatives, smaller repeat counts")
	}
}

// suggest names the nearest word, or all of them when none is near.
func suggest(meant string, known []string) string {
	if meant != "" {
		return fmt.Sprintf("did you mean %q?", meant)
	}
	return "there are: " + strings.Join(known, ", ")
}
