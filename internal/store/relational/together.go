package relational

import "tributary/internal/news"

// recordTogether is record for many results with one statement for all leases
// and one for all visits: an engine beyond a network spends more time on the way
// than on the work.
func (t *tx) recordTogether(results []news.Result, decide news.Decide, recorded []news.Recorded) error {
	numbers, err := t.finishAll(results)
	if err != nil {
		return err
	}
	var visits ringed
	for i := range results {
		result := &results[i]
		number := numbers[fenceOf(result)]
		delete(numbers, fenceOf(result)) // a result counts once
		if number == 0 {
			recorded[i].Stale = true
			continue
		}
		if err := t.note(result); err != nil {
			return ofSource(result, err)
		}
		if result.Batch != nil {
			if err := t.merge(result, decide, &recorded[i]); err != nil {
				return ofSource(result, err)
			}
		}
		visits.add(result, number, &recorded[i])
	}
	return t.putVisits(&visits)
}

// fence is what makes a result current.
type fence struct{ source, claim int64 }

func fenceOf(result *news.Result) fence {
	return fence{int64(result.Lease.Source.Key), result.Lease.Claim}
}

// finishAll is finish for many results, without note: it gives the numbers of
// the visits that count, from 1.
func (t *tx) finishAll(results []news.Result) (map[fence]int64, error) {
	numbers := make(map[fence]int64, len(results))
	var sources, claims, dues, ends, failures, worked []int64
	for i := range results {
		result := &results[i]
		fence := fenceOf(result)
		if _, twice := numbers[fence]; twice {
			continue
		}
		numbers[fence] = 0
		sources, claims = append(sources, fence.source), append(claims, fence.claim)
		dues, ends = append(dues, orZero(result.Due)), append(ends, ended(&result.Visit))
		failures, worked = append(failures, int64(result.Failures)), append(worked, orZero(lastOK(result)))
	}
	err := t.query(t.dialect.FinishAll, func(row scanner) error {
		var fence fence
		var number int64
		err := row.Scan(&fence.source, &fence.claim, &number)
		numbers[fence] = number
		return err
	}, sources, claims, dues, ends, failures, worked)
	return numbers, err
}

// ringed are visits with their places in the rings of their sources, by column.
type ringed struct {
	keys, at, durations       []int64
	outcomes, causes, details []string
	statuses, sizes           []int64
	added, changed            []int64
}

func (r *ringed) add(result *news.Result, number int64, recorded *news.Recorded) {
	v := &result.Visit
	r.keys = append(r.keys, (number-1)%50<<40|int64(result.Lease.Source.Key))
	r.at, r.durations = append(r.at, orZero(v.At)), append(r.durations, int64(v.Duration))
	r.outcomes, r.causes = append(r.outcomes, string(v.Outcome)), append(r.causes, string(v.Cause))
	r.details = append(r.details, v.Detail)
	r.statuses, r.sizes = append(r.statuses, int64(v.Status)), append(r.sizes, v.Bytes)
	r.added, r.changed = append(r.added, int64(recorded.New)), append(r.changed, int64(recorded.Changed))
}

func (t *tx) putVisits(r *ringed) error {
	if len(r.keys) == 0 {
		return nil
	}
	return t.put(t.dialect.PutVisits,
		r.keys, r.at, r.durations, r.outcomes, r.causes, r.details, r.statuses, r.sizes, r.added, r.changed)
}
