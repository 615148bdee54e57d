// Package merge decides what a batch changes, given what is known: which
// stories are new, which are known under another id, how they are dated, and
// in which feeds they stand. It is pure: no clock, no store, no log. A store
// calls it inside the transaction that read what is known and applies what it
// answers, so two batches never decide on the same stale knowledge.
//
// Start at [Decide]; [Arrange] answers the same question about places for all
// stored stories at once, after the definition of a feed changed.
package merge

import (
	"slices"
	"time"

	"tributary/internal/news"
)

// maxUpdates is how often the changes of a story count as news. A story whose
// text differs at each visit (a counter in it, a rotating advertisement) would
// otherwise stay "just changed" for ever.
const maxUpdates = 24

// Rules are what the operator configured that bears on a decision.
type Rules struct {
	Source *news.Source
	Member news.Membership
}

// Decide says what the batch of a result changes. For each story, in order:
//
//  1. An id with a tombstone stays out, and so does a link that was retracted
//     and an id that the document itself takes back.
//  2. A story is known by its id, by an alias, by its id but for http/https
//     or "www.", or by its link when its id is new; see [match].
//  3. A known story with the same hash changes nothing that shows. With
//     another hash it is updated: key, public id, first-seen, published and date
//     stay.
//  4. What is not known is inserted, with a public id ([publicID]) and a date
//     ([dater]) that it keeps for ever.
//  5. Stories of a mirrored source that the document no longer holds go, unless
//     it was cut off.
//  6. Each inserted or updated story is placed in the feeds; see [placer].
//
// Stories are taken from the end of the document to its start, so that of two
// with the same date the one that stood higher has the greater key and comes
// first. All times come from the visit: the same call gives the same answer.
// Known is used up: its places follow what is decided.
func Decide(known *news.Known, result *news.Result, rules Rules) news.Changes {
	batch := result.Batch
	now := result.Visit.At.Add(result.Visit.Duration).UTC().Truncate(time.Millisecond)
	d := decision{
		known:  known,
		index:  newIndex(known, batch),
		dater:  newDater(known, batch, rules.Source, now),
		placer: newPlacer(known),
		rules:  rules,
		now:    now,
	}
	d.changes.Untrusted = d.dater.newlyUntrusted
	for position, story := range slices.Backward(batch.Stories) {
		d.take(story, position)
	}
	d.takeBack(batch)
	d.judge(batch)
	switch {
	case rules.Source.Mirror && batch.Partial:
		d.warn("its document ends early or could not be read whole, so no story was removed for not being in it")
	case rules.Source.Mirror || rules.Source.IsArticles():
		d.removeMissing()
	}
	d.placer.into(&d.changes)
	return d.changes
}

// decision is the state of one call of Decide.
type decision struct {
	known   *news.Known
	index   *index
	dater   *dater
	placer  *placer
	rules   Rules
	now     time.Time
	changes news.Changes
}

// take decides about one story of the batch.
func (d *decision) take(story news.Story, position int) {
	if kind := d.known.Tombstones[story.ID]; kind != "" {
		d.changes.Hits = append(d.changes.Hits, story.ID)
		d.note(news.ActionDrop, &story, buried(kind))
		return
	}
	if d.known.Retracted[story.Canonical] {
		d.note(news.ActionDrop, &story, "a story with its link was retracted")
		return
	}
	if d.index.takenBack(&story) {
		d.note(news.ActionDrop, &story, "its source took it back")
		return
	}
	old, how := d.index.match(&story)
	if old == nil {
		d.insert(story, position)
		return
	}
	if how != matchedID {
		d.alias(story.ID, old.Key)
	}
	story.Key = old.Key
	if story.Hash == old.Hash {
		d.keep(&story, old, how)
		return
	}
	d.update(story, old, how)
}

func (d *decision) insert(story news.Story, position int) {
	story.Source = d.known.Source.Key
	story.FirstSeen = d.now
	story.Date, story.Dated = d.dater.date(&story, position)
	story.Changed = d.dater.changed(&story)
	story.PublicID = d.index.publicID(d.sourceID(), d.known.Reserved[story.ID], &story)
	d.changes.Insert = append(d.changes.Insert, story)
	provisional := -news.StoryKey(len(d.changes.Insert))
	entering := contender{
		key: provisional, source: story.Source, canonical: story.Canonical,
		date: story.Date, publicID: story.PublicID, original: story.Original,
	}
	d.placer.settle(entering, nil, d.rules.Member(&story, d.rules.Source))
	story.Key = provisional
	d.note(news.ActionInsert, &story, "new; "+dated(story.Dated))
}

// keep handles a story whose hash is known: what shows is the same.
func (d *decision) keep(story *news.Story, old *news.KnownStory, how matchKind) {
	if story.RawHash != old.RawHash {
		d.changes.Touch = append(d.changes.Touch, news.Touch{Key: old.Key, RawHash: story.RawHash, Policy: story.Policy})
	}
	action := news.ActionSame
	if how != matchedID {
		action = news.ActionAlias
	}
	d.note(action, story, how.reason())
}

func (d *decision) update(story news.Story, old *news.KnownStory, how matchKind) {
	story.Source = old.Source
	story.ID = old.ID
	story.PublicID = old.PublicID
	story.FirstSeen = old.FirstSeen
	if !story.Local && !old.Published.IsZero() {
		story.Published = old.Published
	}
	story.Date, story.Dated = d.dater.updated(&story, old)
	story.Updates = old.Updates + 1
	story.Changed = old.Changed
	if story.Updates <= maxUpdates {
		story.Changed = d.dater.mended(&story)
	}
	d.changes.Update = append(d.changes.Update, story)
	changed := contender{
		key: old.Key, source: old.Source, canonical: story.Canonical,
		date: story.Date, publicID: story.PublicID, original: story.Original,
	}
	d.placer.settle(changed, old, d.rules.Member(&story, d.rules.Source))
	d.note(news.ActionUpdate, &story, how.reason())
}

// removeMissing takes out what a mirrored source no longer holds.
func (d *decision) removeMissing() {
	for i := range d.known.Stories {
		if old := &d.known.Stories[i]; !d.index.present[old.Key] && !d.index.gone[old.Key] {
			d.remove(old, "its source no longer holds it")
		}
	}
}

// takeBack takes out what the document says is deleted.
func (d *decision) takeBack(batch *news.Batch) {
	for _, deletion := range batch.Deleted {
		old, _ := d.index.byOwnID(deletion.ID)
		if old == nil || d.index.present[old.Key] || d.index.gone[old.Key] {
			continue
		}
		d.index.gone[old.Key] = true
		d.remove(old, "its source took it back")
	}
}

func (d *decision) remove(old *news.KnownStory, reason string) {
	d.changes.Remove = append(d.changes.Remove, old.Key)
	d.placer.leaveAll(old)
	d.changes.Decisions = append(d.changes.Decisions, news.Decision{
		ID: old.ID, Story: old.Key, Action: news.ActionRemove, Reason: reason,
	})
}

func (d *decision) alias(id string, key news.StoryKey) {
	if d.known.Aliases[id] == key {
		return
	}
	if d.changes.Alias == nil {
		d.changes.Alias = make(map[string]news.StoryKey)
	}
	d.changes.Alias[id] = key
}

func (d *decision) note(action news.Action, story *news.Story, reason string) {
	d.changes.Decisions = append(d.changes.Decisions, news.Decision{
		ID: story.ID, Story: story.Key, Action: action, Reason: reason,
	})
}

// sourceID is what public ids of the source's stories hang on: the URL that it
// was first configured with, but the name of a file: source, whose path differs
// from machine to machine.
func (d *decision) sourceID() string {
	if d.known.Space != "" {
		return d.known.Space
	}
	if d.rules.Source.IsFile() {
		return "file:" + d.rules.Source.Name
	}
	return d.rules.Source.URL
}
