package bench

import (
	"runtime"
	"slices"
	"syscall"
	"time"
)

// rounds is how often we and the floor take turns in one comparison.
const rounds = 7

// sample is what one side spent on one round.
type sample struct{ wall, cpu time.Duration }

// measure runs do. It starts from a clean heap: neither side pays for the
// garbage of the other.
func measure(do func()) sample {
	runtime.GC()
	start, before := time.Now(), cpu()
	do()
	return sample{wall: time.Since(start), cpu: cpu() - before}
}

// cpu is the processor time of this process so far.
func cpu() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// duel is rounds of ours and the floor's, pair by pair.
type duel struct{ ours, floor []sample }

// fight lets both sides take turns; who begins alternates. prepare comes
// before each pair and isn't measured.
func (d *duel) fight(prepare, ours, floor func()) {
	for round := range rounds {
		prepare()
		if round%2 == 0 {
			d.ours = append(d.ours, measure(ours))
			d.floor = append(d.floor, measure(floor))
		} else {
			d.floor = append(d.floor, measure(floor))
			d.ours = append(d.ours, measure(ours))
		}
	}
}

// spread is a median with the extremes around it.
type spread struct{ median, least, most float64 }

// over gives the spread of f over the pairs of a duel.
func (d *duel) over(f func(ours, floor sample) float64) spread {
	values := make([]float64, len(d.ours))
	for i := range d.ours {
		values[i] = f(d.ours[i], d.floor[i])
	}
	return spreadOf(values)
}

// spreadOf gives the spread of at least one value.
func spreadOf(values []float64) spread {
	sorted := slices.Sorted(slices.Values(values))
	return spread{median: quantile(sorted, 0.5), least: sorted[0], most: sorted[len(sorted)-1]}
}

// quantile is the value below which a part q of sorted lies, between two of
// them where it falls there.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	low := int(at)
	high := min(low+1, len(sorted)-1)
	return sorted[low] + (at-float64(low))*(sorted[high]-sorted[low])
}

// rate is visits a second, cost the microseconds of processor time a visit.
func rate(visits int, s sample) float64 { return float64(visits) / s.wall.Seconds() }
func cost(visits int, s sample) float64 { return s.cpu.Seconds() * 1e6 / float64(visits) }
