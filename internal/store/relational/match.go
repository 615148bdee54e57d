package relational

// match finds each wanted source again among the stored ones, which come
// newest first: by name, then by URL, first among the active ones, then among
// the former ones. It gives nil for a new one and each stored one only once.
func match(wanted []settings, all []stored) []*stored {
	found := make([]*stored, len(wanted))
	used := make(map[*stored]bool, len(all))
	name := func(s *settings) string { return s.name }
	address := func(s *settings) string { return s.url }
	for _, active := range []bool{true, false} {
		for _, trait := range []func(*settings) string{name, address} {
			candidates := index(all, used, active, trait)
			for i := range wanted {
				was := candidates[trait(&wanted[i])]
				if found[i] == nil && was != nil && !used[was] {
					found[i], used[was] = was, true
				}
			}
		}
	}
	return found
}

// index gives the unused stored sources by a trait, the newest one of several.
// An empty trait finds nothing.
func index(all []stored, used map[*stored]bool, active bool, trait func(*settings) string) map[string]*stored {
	byTrait := make(map[string]*stored, len(all))
	for i := range all {
		s := &all[i]
		value := trait(&s.settings)
		if s.active != active || used[s] || value == "" || byTrait[value] != nil {
			continue
		}
		byTrait[value] = s
	}
	return byTrait
}
