package postgres

import (
	"context"
	"database/sql/driver"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"tributary/internal/store/relational"
)

// session is a transaction on one connection.
type session struct {
	*engine
	conn *pgx.Conn
	ctx  context.Context // of the transaction

	waiting    []waiting // what was put off, in order
	opening    int       // how many statements begin the transaction
	begun      bool      // the server has begun it
	reading    bool      // it changes nothing
	committing bool      // COMMIT may have reached the server
}

// grace is how much longer than the server we wait for a statement: on a network
// that is cut the server can't tell us that it gave up.
const grace = 5 * time.Second

func (s *session) limited() (context.Context, context.CancelFunc) {
	return context.WithTimeout(s.ctx, s.statementTimeout+grace)
}

// script runs several statements without arguments.
func (s *session) script(text string) error {
	if err := s.Flush(); err != nil {
		return err
	}
	ctx, cancel := s.limited()
	defer cancel()
	return s.conn.PgConn().Exec(ctx, text).Close()
}

// Exec runs a statement and says how many rows it changed.
func (s *session) Exec(query string, args ...any) (int64, error) {
	tag, err := s.run(s.statements.text(query), nil, args)
	return tag.RowsAffected(), err
}

// Query calls each for every row, until it returns an error.
func (s *session) Query(query string, each func(relational.Scanner) error, args ...any) error {
	_, err := s.run(s.statements.text(query), each, args)
	return err
}

// Memory is nil: other processes write to what it would hold.
func (s *session) Memory() *relational.Memory { return nil }

// Recall has nothing to empty.
func (s *session) Recall() error { return nil }

// run runs a statement, after those that wait, and says what it did. Each is
// prepared once a connection.
func (s *session) run(query string, each func(relational.Scanner) error, args []any) (pgconn.CommandTag, error) {
	values, err := arguments(args)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	if len(s.waiting) > 0 {
		s.waiting = append(s.waiting, waiting{query, values, each})
		return s.send()
	}
	ctx, cancel := s.limited()
	defer cancel()
	rows, err := s.conn.Query(ctx, query, values...)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	return finish(rows, each)
}

// finish reads a result to its end.
func finish(rows pgx.Rows, each func(relational.Scanner) error) (pgconn.CommandTag, error) {
	defer rows.Close()
	if each != nil {
		if err := eachRow(rows, each); err != nil {
			return pgconn.CommandTag{}, err
		}
	}
	rows.Close()
	return rows.CommandTag(), rows.Err()
}

// eachRow calls each for every row, until it returns an error.
func eachRow(rows pgx.Rows, each func(relational.Scanner) error) error {
	fields := rows.FieldDescriptions()
	row := make(relational.Row, len(fields))
	var current relational.Scanner = row
	for rows.Next() {
		for i, raw := range rows.RawValues() {
			var err error
			if row[i], err = column(fields[i].DataTypeOID, raw); err != nil {
				return fmt.Errorf("column %s: %w", fields[i].Name, err)
			}
		}
		if err := each(current); err == relational.ErrStop {
			return nil
		} else if err != nil {
			return err
		}
	}
	return nil
}

// arguments turns values into those that columns hold.
func arguments(args []any) ([]any, error) {
	values := make([]any, len(args))
	for i, arg := range args {
		var err error
		if values[i], err = argument(arg); err != nil {
			return nil, fmt.Errorf("argument %d: %w", i+1, err)
		}
	}
	return values, nil
}

// argument turns a value into one of those that columns hold.
func argument(arg any) (any, error) {
	switch arg := arg.(type) {
	case nil, int64, []int64, []byte:
		return arg, nil
	case string:
		return storable(arg), nil
	case bool:
		if arg {
			return int64(1), nil
		}
		return int64(0), nil
	case []string:
		texts := make([]string, len(arg))
		for i := range arg {
			texts[i] = storable(arg[i])
		}
		return texts, nil
	}
	value, err := driver.DefaultParameterConverter.ConvertValue(arg)
	if err != nil {
		return nil, err
	}
	switch value.(type) {
	case int64, string, bool:
		return argument(value)
	}
	return nil, fmt.Errorf("no column holds %T", arg)
}

// column reads a column in binary.
func column(oid uint32, raw []byte) (driver.Value, error) {
	if raw == nil {
		return nil, nil
	}
	switch oid {
	case pgtype.Int8OID:
		return int64(binary.BigEndian.Uint64(raw)), nil
	case pgtype.TextOID, pgtype.VarcharOID, pgtype.NameOID:
		return original(string(raw)), nil
	case pgtype.Int4OID:
		return int64(int32(binary.BigEndian.Uint32(raw))), nil
	case pgtype.BoolOID:
		return int64(raw[0]), nil
	case pgtype.ByteaOID:
		return raw, nil
	}
	return nil, fmt.Errorf("the type with OID %d is none of ours", oid)
}
