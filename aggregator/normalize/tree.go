package normalize

import (
	"slices"
	"strings"
)

// imply ends the open elements that the start tag of e ends without saying so.
func (p *pass) imply(e *element) {
	if e.closes == nil {
		return
	}
	for i := len(p.open) - 1; i >= 0; i-- {
		if name := p.open[i].name; slices.Contains(e.closes, name) {
			p.closeTo(i)
		} else if slices.Contains(e.until, name) {
			return
		}
	}
}

// endOf ends the innermost open e with all inside it. No end tag reaches out
// of a table's cell, but that of a part of the table.
func (p *pass) endOf(e *element) {
	if e.breaks {
		p.prose.gap()
	}
	for i := len(p.open) - 1; i >= 0; i-- {
		name := p.open[i].name
		if name == e.name {
			p.closeTo(i)
			return
		}
		if slices.Contains(cells, name) && !tablePart(e.name) {
			return
		}
	}
}

func tablePart(name string) bool {
	return slices.Contains(cells, name) ||
		strings.HasPrefix(name, "t") && slices.Contains([]string{"tr", "tbody", "thead", "tfoot"}, name)
}

// closeTo ends open elements, innermost first, until n are left. One that has
// become hollow is taken back.
func (p *pass) closeTo(n int) {
	for len(p.open) > n {
		last := p.open[len(p.open)-1]
		p.open = p.open[:len(p.open)-1]
		p.tails -= len("</>") + len(last.name)
		if last.hollow && len(p.out) == last.inner && !last.sourced {
			p.out = p.out[:last.start]
			continue
		}
		p.out = append(p.out, "</"...)
		p.out = append(p.out, last.name...)
		p.out = append(p.out, '>')
	}
}
