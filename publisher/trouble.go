package publisher

import (
	"cmp"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"
)

// Trouble is something that could not be published as it should be.
type Trouble struct {
	Where  string    // an address, one story at an address, or "store"
	Detail string    // what is wrong, for the operator
	Held   bool      // a feed keeps its last edition, as the next one would lose too much
	Since  time.Time // when it began
}

// troubles is what is wrong at present, by the owner that found it. A trouble
// is logged when it comes, when it turns into another one and when it goes:
// not again at every attempt.
type troubles struct {
	log     *slog.Logger
	tell    func(trouble Trouble, over bool)
	mu      sync.Mutex
	byOwner map[string]map[string]Trouble // owner → Where → trouble
}

// Troubles gives what is wrong at present, by Where.
//
// A feed of 10 stories or more is held when its next edition would lose more
// than half of them at once and nobody meant it: its documents and pages stay
// as they are until the stories are back or Store.Force lets it through. Its
// Where is the address of its page, Detail tells which stories and the command.
func (p *Publisher) Troubles() []Trouble {
	p.troubles.mu.Lock()
	defer p.troubles.mu.Unlock()
	var list []Trouble
	for _, found := range p.troubles.byOwner {
		list = slices.AppendSeq(list, maps.Values(found))
	}
	slices.SortFunc(list, func(a, b Trouble) int { return cmp.Compare(a.Where, b.Where) })
	return list
}

// set makes found all that is wrong with an owner.
func (t *troubles) set(owner string, found []Trouble) {
	t.mu.Lock()
	defer t.mu.Unlock()
	before := t.byOwner[owner]
	now := make(map[string]Trouble, len(found))
	for _, trouble := range found {
		if last, known := before[trouble.Where]; known && last.Detail == trouble.Detail {
			trouble.Since = last.Since
		} else {
			trouble.Since = time.Now().UTC()
			t.log.Warn("cannot publish", "where", trouble.Where, "reason", trouble.Detail)
			t.tell(trouble, false)
		}
		now[trouble.Where] = trouble
	}
	for where, trouble := range before {
		if _, still := now[where]; !still {
			t.log.Info("published again", "where", where, "after", time.Since(trouble.Since).Round(time.Millisecond))
			t.tell(trouble, true)
		}
	}
	if t.byOwner == nil {
		t.byOwner = map[string]map[string]Trouble{}
	}
	if t.byOwner[owner] = now; len(now) == 0 {
		delete(t.byOwner, owner)
	}
}
