package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"
)

// Explain is explain.
func (*engine) Explain(err error) error { return explain(err) }

// explain adds what the operator can do about an error of the database.
func explain(err error) error {
	if failure, ok := errors.AsType[*pgconn.PgError](err); ok {
		if hint := hints[failure.Code]; hint != "" {
			return fmt.Errorf("%w: %s", err, hint)
		}
		return err
	}
	if isLost(err) && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("%w: see that PostgreSQL runs and can be reached; what is published stays, and all goes on by itself then", err)
	}
	return err
}

// isLost reports whether an error comes from the way to the database.
func isLost(err error) bool {
	if _, refused := errors.AsType[*pgconn.ConnectError](err); refused {
		return true
	}
	if _, broken := errors.AsType[net.Error](err); broken {
		return true
	}
	return errors.Is(err, errNotBegun) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// hints by SQLSTATE.
var hints = map[string]string{
	"28P01": "check the user and the password in the database URL",
	"28000": "check the user in the database URL, and pg_hba.conf on the server",
	"3D000": "create the database, or check its name in the database URL",
	"42501": "grant this user the right, or let another one own the schema",
	"42P07": "something else lives in this schema: name an empty one with ?search_path=NAME, or an empty database",
	"53100": "free some space on the database server; writing goes on by itself then",
	"53300": "raise max_connections on the server, or lower pool_max_conns in the database URL",
	"25006": "the server is read-only: name the primary in the database URL, or add target_session_attrs=read-write",
	"57014": "it took too long, or waited too long for another process: see what keeps the database busy, or raise statement_timeout in the database URL",
	"57P01": "the server was stopped; all goes on by itself once it runs",
	"57P03": "the server is starting or stopping; all goes on by itself once it runs",
}
