// Package rule decides which stories belong where. It compiles the `where`
// rules of the config into predicates over stories ([Compile]) and puts them
// together with the other membership keys of sources and feeds
// ([NewMembership]).
//
// A rule is an expr-lang/expr expression that is true for the stories to keep:
//
//	not (title matches "(?i)sponsored") and words > 100
//
// It is a pure function of the story and its source: it sees no clock, no
// network and nothing of the machine, so every node decides alike and a
// decision can be explained later. A rule can neither run for long nor take
// much memory: see [Compile] for what is refused.
package rule

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"

	"tributary/internal/news"
)

// The limits of a rule.
const (
	maxSource  = 4096   // bytes of its text
	maxNodes   = 500    // nodes of its syntax tree
	maxMemory  = 10_000 // elements of lists it may make while it runs
	maxPattern = 2000   // instructions of one compiled pattern
)

// Rule is a compiled rule. It is immutable and safe for concurrent use.
type Rule struct {
	source  string
	program *vm.Program
	uses    map[string]bool // the variables it reads
	vms     sync.Pool       // of *vm.VM: their stacks are worth keeping
}

// Compile checks and compiles a rule. Every error is an [*Error] with the
// place in the rule. Refused are, beside what expr itself refuses:
//
//  1. rules of more than 4,096 bytes or 500 nodes,
//  2. names other than the variables (see [Variables]) and functions (see
//     [Functions]): no clock, nothing that could build ever larger values,
//  3. predicates inside predicates, ranges (1..n), `let` and `;`: together
//     they make loops whose length multiplies, or values that double,
//  4. patterns that are not literal, or compile to more than 2,000
//     instructions: time is patterns times text,
//  5. methods of time beyond those that only read it,
//  6. results that are not true or false.
func Compile(source string) (*Rule, error) {
	if len(source) > maxSource {
		return nil, &Error{Line: 1, Column: 1, Message: fmt.Sprintf("a rule is at most %d bytes long", maxSource)}
	}
	if strings.TrimSpace(source) == "" {
		return nil, &Error{Line: 1, Column: 1, Message: "a rule must not be empty"}
	}
	if !utf8.ValidString(source) {
		return nil, &Error{Line: 1, Column: 1, Message: "a rule must be valid UTF-8"}
	}
	uses, refused := check(source)
	if refused != nil {
		return nil, refused
	}
	program, err := expr.Compile(source, expr.Env(&env{}), expr.AsBool(), expr.WarnOnAny(), expr.MaxNodes(maxNodes))
	if err != nil {
		return nil, translate(source, err)
	}
	return &Rule{source: source, program: program, uses: uses}, nil
}

// Source gives the rule as it was written.
func (r *Rule) Source() string { return r.source }

// Match reports whether the rule keeps a story of a source. An error means
// that the rule could not be applied to this story (an index out of range, text
// that is no number); the caller keeps such a story and says so.
func (r *Rule) Match(story *news.Story, from *news.Source) (bool, error) {
	machine, _ := r.vms.Get().(*vm.VM)
	if machine == nil {
		machine = &vm.VM{MemoryBudget: maxMemory}
	}
	result, err := machine.Run(r.program, r.variables(story, from))
	clear(machine.Stack[:cap(machine.Stack)]) // a pooled stack must not keep a story's text alive
	r.vms.Put(machine)
	if err != nil {
		return false, translate(r.source, err)
	}
	keep, ok := result.(bool)
	if !ok {
		return false, fmt.Errorf("the rule gave %v instead of true or false", reflect.TypeOf(result))
	}
	return keep, nil
}
