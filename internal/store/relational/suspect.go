package relational

import "tributary/internal/news"

// suspect is what a claim knows of the one suspect that may be leased.
type suspect struct {
	known  bool
	until  int64 // when the lease of one ends; 0: none is leased
	picked bool  // by this claim
	index  int   // in what it picked
}

// alone reports whether a source may be picked as far as suspicion goes. That
// a suspect is looked for in the whole schedule happens only after a crash.
func (c *claim) alone(s *candidate) (bool, error) {
	claims := c.request.Suspicion.Claims
	if claims == 0 || s.strike+1 < claims {
		return true, nil
	}
	if !c.suspect.known {
		c.suspect.known = true
		if ours, err := c.lockSuspects(); err != nil || !ours {
			c.suspect.until = c.now + soon
			c.stay(c.suspect.until)
			return false, err
		}
		if _, err := c.one(`
			SELECT max(leased_until)
			FROM schedule
			WHERE leased_until > ? AND strike >= ?`, []any{c.now, int64(claims)}, &c.suspect.until); err != nil {
			return false, err
		}
	}
	if c.suspect.until != 0 {
		c.stay(c.suspect.until)
		c.patience--
		return false, nil
	}
	c.suspect.until, c.suspect.picked, c.suspect.index = c.until, true, len(c.picked)
	return true, nil
}

// lockSuspects reports whether no other claim is about to lease a suspect.
func (c *claim) lockSuspects() (ours bool, err error) {
	if c.dialect.LockSuspects == "" {
		return true, nil
	}
	_, err = c.one(c.dialect.LockSuspects, nil, &ours)
	return ours, err
}

// noteSuspect stores what holds of a suspect unless its visit gives a result,
// and puts it into the lease.
func (c *claim) noteSuspect(lease *news.Lease) error {
	state, suspicion := &lease.Source, &c.request.Suspicion
	c.memory.drop(state.Key) // more of it changes than a claim does
	if err := c.put(`
		UPDATE schedule
		SET due = ?, visits = visits + 1, failures = failures + 1
		WHERE source = ?`, millis(suspicion.Due), int64(state.Key)); err != nil {
		return err
	}
	state.Failures++
	state.Last = news.Visit{
		At: c.request.Now, Outcome: news.OutcomeFailed, Cause: news.CauseInternal, Detail: suspicion.Detail,
	}
	if err := c.visit(&news.Result{Lease: *lease, Visit: state.Last}, &news.Recorded{}); err != nil {
		return err
	}
	switch state.Health {
	case news.HealthFailing, news.HealthDead, news.HealthGone: // no better, and since longer
		return nil
	}
	state.Health, state.Since = news.HealthFailing, c.request.Now
	return c.put(`
		UPDATE sources
		SET health = ?, since = ?
		WHERE key = ?`, string(state.Health), millis(state.Since), int64(state.Key))
}
