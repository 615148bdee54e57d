package main

import (
	"context"
	"log/slog"
	"time"
)

// agreeEvery is how often a server looks whether another process has applied a
// different config.
const agreeEvery = time.Second

// pullWhileAgreed pulls as long as the config that was applied last is this
// process's own. Processes that share a database must follow one config: stories
// would stand in feeds by the rules of whoever pulled them. The last one that
// was applied wins, this process says so, and pulls nothing until both are the
// same again: its file was brought in line, or applied by a reload.
func (e *engine) pullWhileAgreed(ctx context.Context, log *slog.Logger) error {
	for {
		agreed, cancel := context.WithCancel(ctx)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			e.await(agreed, true)
			cancel()
		}()
		err := e.pull(agreed, log)
		disagreed := agreed.Err() != nil && ctx.Err() == nil
		cancel()
		<-ended
		if !disagreed {
			return err
		}
		if e.tellDisagreement(ctx, log); ctx.Err() != nil {
			return nil
		}
	}
}

// tellWhileDisagreed tells of disagreement on a node that doesn't pull, until
// ctx ends.
func (e *engine) tellWhileDisagreed(ctx context.Context, log *slog.Logger) {
	for ctx.Err() == nil {
		if e.await(ctx, true); ctx.Err() == nil {
			e.tellDisagreement(ctx, log)
		}
	}
}

// tellDisagreement says that the applied config is another process's, and
// returns once it is not, or ctx ends.
func (e *engine) tellDisagreement(ctx context.Context, log *slog.Logger) {
	log.Error("another process has applied a different config: nothing is pulled here. " +
		"`tributary plan` tells the difference; a reload (save the config, or SIGHUP) applies the one of this process")
	e.noteDisagreement(true)
	if e.await(ctx, false); ctx.Err() == nil {
		e.noteDisagreement(false)
		log.Info("the applied config is this process's own again; pulling goes on")
	}
}

func (e *engine) noteDisagreement(differs bool) {
	if e.disagreed != nil {
		e.disagreed(differs)
	}
}

// await returns once the config in force was twice in a row found to be
// another process's, or not, or ctx ends. Twice, as a reload of our own is
// noted in two steps.
func (e *engine) await(ctx context.Context, differs bool) {
	ticker := time.NewTicker(agreeEvery)
	defer ticker.Stop()
	for found := 0; found < 2; {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if is, known := e.differs(ctx); known && is == differs {
			found++
		} else {
			found = 0
		}
	}
}

// differs reports whether the applied config is another process's; known is
// false when that can't be told.
func (e *engine) differs(ctx context.Context) (differs, known bool) {
	own := e.inForce.Load()
	applied, err := e.store.AppliedHash(ctx)
	if err != nil || own == nil || applied == "" {
		return false, false
	}
	return applied != *own, true
}
