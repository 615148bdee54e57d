package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tributary/internal/store/relational"
)

// maxSkew is how far a process's clock may be from the database's. Leases go by
// the time of whoever claims; their fence keeps results apart whatever the
// clocks say, but a clock that is ahead takes sources away from others that
// still visit them.
const maxSkew = 10 * time.Second

// skewKey is what a connection keeps its skew under.
const skewKey = "skew"

// measureClock notes how far our clock is ahead of the database's, as far as the
// way there leaves no doubt.
func measureClock(ctx context.Context, conn *pgx.Conn) error {
	before := time.Now()
	var millis int64
	err := conn.QueryRow(ctx, `SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint`).Scan(&millis)
	if err != nil {
		return fmt.Errorf("ask for the time: %w", err)
	}
	conn.PgConn().CustomData()[skewKey] = skew(before, time.Now(), time.UnixMilli(millis))
	return nil
}

// skew is how far a clock is ahead of another one that said a time in between:
// the least that can be true.
func skew(before, after, there time.Time) time.Duration {
	switch {
	case before.After(there):
		return before.Sub(there)
	case after.Before(there):
		return after.Sub(there)
	}
	return 0
}

// inTime lets a claim run only where the clock is right.
func inTime(fn func(relational.Session) error) func(relational.Session) error {
	return func(own relational.Session) error {
		ahead, _ := own.(*session).conn.PgConn().CustomData()[skewKey].(time.Duration)
		if ahead.Abs() <= maxSkew {
			return fn(own)
		}
		way := "ahead of"
		if ahead < 0 {
			way = "behind"
		}
		return fmt.Errorf("the clock of this machine is %v %s the database's, and leases go by it: "+
			"set both by NTP; claiming goes on by itself within half an hour then, or with a restart", ahead.Abs().Round(time.Second), way)
	}
}
