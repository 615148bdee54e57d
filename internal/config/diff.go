package config

import (
	"maps"
	"slices"
	"strings"
)

// Change is what became of a source, a feed, or the site as a whole.
type Change struct {
	Action ChangeAction `json:"action"`
	Name   string       `json:"name"`
	Former string       `json:"former,omitempty"` // name, of what was renamed
	Keys   []ChangedKey `json:"keys,omitempty"`
}

// ChangedKey is a key with another value; "" stands for none.
type ChangedKey struct {
	Key    string `json:"key"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// ChangeAction is what happened.
type ChangeAction string

// The actions.
const (
	Added   ChangeAction = "added"
	Removed ChangeAction = "removed"
	Renamed ChangeAction = "renamed" // the same address under another name
	Moved   ChangeAction = "moved"   // the same name at another address
	Changed ChangeAction = "changed"
)

// Difference is what one config changes against another.
type Difference struct {
	Site    []ChangedKey `json:"site,omitempty"`
	Sources []Change     `json:"sources,omitempty"`
	Feeds   []Change     `json:"feeds,omitempty"`
	Lists   []Change     `json:"reading_lists,omitempty"`
}

// Empty reports whether there is no difference.
func (d *Difference) Empty() bool {
	return len(d.Site)+len(d.Sources)+len(d.Feeds)+len(d.Lists) == 0
}

// Former gives the name that a source had before a change.
func (d *Difference) Former(name string) string {
	for _, c := range d.Sources {
		if c.Action == Renamed && c.Name == name {
			return c.Former
		}
	}
	return name
}

// Diff tells what next changes against s, sources and feeds by name. A source is
// the same one when its name is, else when its address is: stores find sources
// again by the same rule, so a rename keeps the stories.
func (s *Snapshot) Diff(next *Snapshot) Difference {
	d := Difference{Site: diffKeys(s.Site, next.Site)}
	d.Sources = rename(diffEntries(s.Sources, next.Sources), s.Sources, next.Sources)
	d.Feeds = diffEntries(s.Feeds, next.Feeds)
	if names := entryNames(next.Feeds); len(s.Feeds) > 0 && len(names) > 0 && s.Feeds[0].Name != names[0] {
		d.Site = append(d.Site, ChangedKey{"the home page", s.Feeds[0].Name, names[0]})
	}
	d.Lists = diffEntries(listEntries(s.Lists), listEntries(next.Lists))
	return d
}

func entryNames(entries []SnapshotEntry) []string {
	names := make([]string, len(entries))
	for i := range entries {
		names[i] = entries[i].Name
	}
	return names
}

func listEntries(lists []map[string]string) []SnapshotEntry {
	entries := make([]SnapshotEntry, len(lists))
	for i, list := range lists {
		entries[i] = SnapshotEntry{list["opml"], list}
	}
	return entries
}

func byName(entries []SnapshotEntry) map[string]map[string]string {
	m := make(map[string]map[string]string, len(entries))
	for _, e := range entries {
		m[e.Name] = e.Keys
	}
	return m
}

func diffEntries(before, after []SnapshotEntry) []Change {
	var changes []Change
	was, is := byName(before), byName(after)
	for _, e := range after {
		old, known := was[e.Name]
		if !known {
			changes = append(changes, Change{Action: Added, Name: e.Name})
			continue
		}
		if changed := diffKeys(old, e.Keys); len(changed) > 0 {
			action := Changed
			if slices.ContainsFunc(changed, func(k ChangedKey) bool { return k.Key == "url" }) {
				action = Moved
			}
			changes = append(changes, Change{Action: action, Name: e.Name, Keys: changed})
		}
	}
	for _, e := range before {
		if _, still := is[e.Name]; !still {
			changes = append(changes, Change{Action: Removed, Name: e.Name})
		}
	}
	slices.SortStableFunc(changes, func(a, b Change) int { return strings.Compare(a.Name, b.Name) })
	return changes
}

// rename makes one change of an added and a removed source with one address.
func rename(changes []Change, before, after []SnapshotEntry) []Change {
	was, is := byName(before), byName(after)
	removed := map[string]string{} // by address
	for _, c := range changes {
		if c.Action == Removed {
			removed[was[c.Name]["url"]] = c.Name
		}
	}
	gone := map[string]bool{}
	for i := range changes {
		c := &changes[i]
		former := removed[is[c.Name]["url"]]
		if c.Action != Added || former == "" || gone[former] {
			continue
		}
		gone[former] = true
		c.Action, c.Former, c.Keys = Renamed, former, diffKeys(was[former], is[c.Name])
	}
	return slices.DeleteFunc(changes, func(c Change) bool { return c.Action == Removed && gone[c.Name] })
}

func diffKeys(before, after map[string]string) []ChangedKey {
	names := maps.Clone(before)
	if names == nil {
		names = map[string]string{}
	}
	maps.Copy(names, after)
	var changed []ChangedKey
	for _, key := range slices.Sorted(maps.Keys(names)) {
		if before[key] != after[key] {
			changed = append(changed, ChangedKey{key, before[key], after[key]})
		}
	}
	return changed
}
