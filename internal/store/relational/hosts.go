package relational

import "tributary/internal/news"

// host is a host with at least one source that needs a slot.
type host struct {
	key   int64
	slots int
	was   int // slots as stored
}

// syncHosts stores the hosts of the wanted sources: each has as many slots as
// the largest concurrency of its sources, and at least one.
func (s *syncer) syncHosts(sources []news.Source, wanted []settings) error {
	err := s.query(`SELECT name, key, slots FROM hosts`, func(row scanner) error {
		var name string
		var h host
		if err := row.Scan(&name, &h.key, &h.was); err != nil {
			return err
		}
		s.hosts[name] = &h
		return nil
	})
	if err != nil {
		return err
	}
	for i, want := range wanted {
		if want.host == "" {
			continue
		}
		h := s.hosts[want.host]
		if h == nil {
			h = &host{}
			s.hosts[want.host] = h
		}
		h.slots = max(h.slots, sources[i].Fetch.HostConcurrency, 1)
	}
	return s.storeHosts()
}

func (s *syncer) storeHosts() error {
	for name, h := range s.hosts {
		if h.slots == h.was || h.slots == 0 {
			continue // unchanged, or without a source now
		}
		if h.key == 0 {
			if err := s.insert(`INSERT INTO hosts (name, slots) VALUES (?, ?)`, &h.key, name, h.slots); err != nil {
				return err
			}
			continue
		}
		if err := s.put(`UPDATE hosts SET slots = ? WHERE key = ?`, h.slots, h.key); err != nil {
			return err
		}
	}
	return s.flush()
}

// hostKey gives what the host column of a source holds.
func (s *syncer) hostKey(want settings) any {
	if h := s.hosts[want.host]; h != nil {
		return h.key
	}
	return nil
}

// noteShared notes which rows of the schedule share their host with others,
// those of former sources included: they may still hold a slot.
func (s *syncer) noteShared() error {
	if !s.moved {
		return nil
	}
	const several = `(SELECT host FROM schedule WHERE host IS NOT NULL GROUP BY host HAVING count(*) > 1)`
	if err := s.put(`
		UPDATE schedule
		SET shared = host
		WHERE shared IS DISTINCT FROM host AND host IN ` + several); err != nil {
		return err
	}
	return s.put(`
		UPDATE schedule
		SET shared = NULL
		WHERE shared IS NOT NULL AND (host IS NULL OR host NOT IN ` + several + `)`)
}
