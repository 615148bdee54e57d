package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	tests := []struct {
		reason string
		err    error
		want   string // a part; empty: the error stays as it is
	}{
		{"a full disk", &pgconn.PgError{Code: "53100"}, "free some space"},
		{"a wrong password", fmt.Errorf("connect: %w", &pgconn.PgError{Code: "28P01"}), "check the user and the password"},
		{"a mistake of ours", &pgconn.PgError{Code: "42601"}, ""},
		{"a connection that broke", io.ErrUnexpectedEOF, "see that PostgreSQL runs"},
		{"a network that is down", &net.OpError{Op: "read", Err: errors.New("no route")}, "see that PostgreSQL runs"},
		{"a connection that was dead", notBegun{errors.New("closed")}, "see that PostgreSQL runs"},
		{"a caller that gave up", notBegun{context.Canceled}, ""},
		{"anything else", errors.New("no story with key 1 is stored"), ""},
	}
	for _, test := range tests {
		got := explain(test.err)
		if !errors.Is(got, test.err) || (test.want == "") != (got == test.err) || !strings.Contains(got.Error(), test.want) {
			t.Errorf("%s: %v", test.reason, got)
		}
	}
}
