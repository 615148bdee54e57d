package admin

import (
	"fmt"
	"math"
	"strings"
	"time"

	"tributary/internal/news"
)

// The size of a chart: a bar for each visit that is kept.
const (
	barWidth    = 3
	barStep     = 4
	chartHeight = 24
	chartWidth  = barStep * news.VisitsKept
	leastBar    = 2
	fullBar     = 30 * time.Second // a visit that took so long fills the height
)

// chart is the last visits of a source as an SVG: the oldest on the left, the
// height telling how long each took, on a logarithmic scale that is the same for
// all charts, and the class how it ended.
type chart struct {
	Width, Height int
	Text          string // the same in words
	Bars          []bars
}

// bars are all visits that ended alike: one path.
type bars struct {
	Class string
	Path  string // SVG path data
}

// newChart draws visits, given newest first.
func newChart(visits []news.Visit) chart {
	visits = visits[:min(len(visits), news.VisitsKept)]
	c := chart{Width: chartWidth, Height: chartHeight, Text: tally(visits)}
	for _, outcome := range []news.Outcome{news.OutcomeUnchanged, news.OutcomeChanged, news.OutcomeFailed} {
		var path strings.Builder
		for i := range visits {
			if visits[i].Outcome == outcome {
				x := chartWidth - barStep*i - barStep/2
				fmt.Fprintf(&path, "M%d %dv-%d", x, chartHeight, barHeight(visits[i].Duration))
			}
		}
		if path.Len() > 0 {
			c.Bars = append(c.Bars, bars{Class: string(outcome), Path: path.String()})
		}
	}
	return c
}

func barHeight(took time.Duration) int {
	share := math.Log1p(float64(max(0, took).Milliseconds())) / math.Log1p(float64(fullBar.Milliseconds()))
	return leastBar + int(math.Round(min(1, share)*(chartHeight-leastBar)))
}

// tally is a chart in words.
func tally(visits []news.Visit) string {
	if len(visits) == 0 {
		return "no visit yet"
	}
	counts := make(map[news.Outcome]int)
	var longest time.Duration
	for i := range visits {
		counts[visits[i].Outcome]++
		longest = max(longest, visits[i].Duration)
	}
	noun := "visits"
	if len(visits) == 1 {
		noun = "visit"
	}
	return fmt.Sprintf("last %d %s: %d unchanged, %d changed, %d failed; the longest took %s", len(visits), noun,
		counts[news.OutcomeUnchanged], counts[news.OutcomeChanged], counts[news.OutcomeFailed], took(longest))
}

// took is a duration for people.
func took(d time.Duration) string {
	switch {
	case d >= 10*time.Second:
		return d.Round(time.Second).String()
	case d >= time.Second:
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Millisecond).String()
}
