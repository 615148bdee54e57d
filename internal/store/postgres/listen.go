package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// channel is what revisions are announced on; the payload is the schema, as
// channels are those of a whole database.
const channel = "tributary"

// Announce tells the others when the transaction is committed.
func (s *session) Announce() error {
	return s.Later(`SELECT pg_notify('`+channel+`', current_schema())`, nil)
}

const (
	// quiet is after how long without news the connection is tried.
	quiet = 15 * time.Second
	// maxPause is how long a listener waits before it connects again.
	maxPause = 2 * time.Second
)

// Listen listens on a connection of its own. After each time that it was cut off
// it notifies once: something may have been missed.
func (e *engine) Listen(ctx context.Context) (hear func(notify func()), missed bool) {
	ear, err := e.connect(ctx)
	return func(notify func()) {
		pause := 50 * time.Millisecond
		for {
			if err == nil {
				pause = 50 * time.Millisecond
				ear.hear(ctx, notify)
			}
			select {
			case <-ctx.Done():
				return
			case <-time.After(pause):
			}
			pause = min(2*pause, maxPause)
			if ear, err = e.connect(ctx); err == nil {
				notify()
			}
		}
	}, err != nil
}

// ear is a connection that listens.
type ear struct {
	conn    *pgx.Conn
	schema  string
	timeout time.Duration
}

func (e *engine) connect(ctx context.Context) (*ear, error) {
	config := e.listening.Copy()
	ctx, cancel := context.WithTimeout(ctx, config.ConnectTimeout+grace)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	own := &ear{conn: conn, timeout: config.ConnectTimeout}
	if _, err = conn.Exec(ctx, `LISTEN `+channel); err == nil {
		err = conn.QueryRow(ctx, `SELECT current_schema()::text`).Scan(&own.schema)
	}
	if err != nil {
		own.close()
		return nil, err
	}
	return own, nil
}

// hear notifies until the connection is lost, or ctx ends, and closes it.
func (e *ear) hear(ctx context.Context, notify func()) {
	defer e.close()
	for ctx.Err() == nil {
		wait, cancel := context.WithTimeout(ctx, quiet)
		news, err := e.conn.WaitForNotification(wait)
		quiet := wait.Err() != nil && ctx.Err() == nil
		cancel()
		switch {
		case err == nil && news.Payload == e.schema:
			notify()
		case err != nil && !(quiet && e.alive(ctx)):
			return
		}
	}
}

// alive reports whether the connection still is one.
func (e *ear) alive(ctx context.Context) bool {
	if e.conn.IsClosed() {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	return e.conn.Ping(ctx) == nil
}

func (e *ear) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = e.conn.Close(ctx)
}
