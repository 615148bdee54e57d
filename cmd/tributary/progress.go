package main

import (
	"fmt"
	"io"
	"sync"

	"github.com/schollz/progressbar/v3"
)

// progress shows how far a command is: a bar on a terminal, nothing elsewhere,
// where the log has its plain lines. Safe for concurrent use.
type progress struct {
	mu  sync.Mutex
	bar *progressbar.ProgressBar // nil when nothing is shown
}

// newProgress shows a bar of total steps on w when it is a terminal.
func newProgress(w io.Writer, what string, total int) *progress {
	if !isTerminal(w) || total == 0 {
		return &progress{}
	}
	return &progress{bar: progressbar.NewOptions(total,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetDescription(what),
		progressbar.OptionShowCount(),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionSetWidth(30),
		progressbar.OptionClearOnFinish(),
	)}
}

// step tells that one more is done.
func (p *progress) step() { p.steps(1) }

// steps tells that n more are done.
func (p *progress) steps(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		_ = p.bar.Add(n) // a terminal that cannot be drawn on is no reason to stop
	}
}

// done takes the bar away.
func (p *progress) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		_ = p.bar.Finish()
		p.bar = nil
	}
}

// count is "1 source", "2 sources".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if noun[len(noun)-1] == 'y' {
		return fmt.Sprintf("%d %sies", n, noun[:len(noun)-1])
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
