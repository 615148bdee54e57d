// Package relational is what the stores of all SQL engines share: the
// statements, and what happens between them. [DB] meets the stores of the
// aggregator and of the publisher over an [Engine], which brings connections,
// transactions, a schema, and those few texts that its SQL says differently.
//
// Texts are written for SQLite and PostgreSQL alike:
//
//  1. Arguments stand as ? or, where one is used twice, as ?1. (?...) is a list,
//     the last argument wherever it stands.
//  2. Truth is a number, 0 or 1: what comes back of EXISTS and the like is
//     read as one, and what goes in is compared with 1.
//  3. FROM a CROSS JOIN b ON … reads a first. A + before a column keeps the
//     planner from the column's index.
//  4. Text is any bytes, compared byte by byte.
package relational

import "context"

// Mode is what a transaction that writes keeps others from.
type Mode int

// The modes of a transaction that writes.
const (
	// Exclusive transactions run one at a time, in all processes together: what
	// one reads of sources, stories and feeds stays true until it is committed.
	// Leases and results without stories may be written meanwhile.
	Exclusive Mode = iota
	// Claiming transactions lease sources. An engine may run several of them, and
	// of those that record, at a time, if its dialect locks rows.
	Claiming
	// Recording transactions store what came back under leases without stories.
	Recording
)

// Engine is a database of one kind. It is safe for concurrent use.
type Engine interface {
	// Write runs fn in a transaction and commits it, or nothing of it. It may
	// run fn again, from a fresh transaction, when the last one failed for what
	// other transactions did.
	Write(ctx context.Context, mode Mode, fn func(Session) error) error
	// Read runs fn on one consistent state of the database.
	Read(ctx context.Context, fn func(Session) error) error
	// Listen begins to listen for what other processes announce. hear calls
	// notify for it until ctx ends. missed says that it can't tell what was
	// announced before hear.
	Listen(ctx context.Context) (hear func(notify func()), missed bool)
	// Explain adds to an error of the engine what the operator can do about it.
	Explain(err error) error
	// Dialect gives what the engine says differently. It is only read.
	Dialect() *Dialect
}

// Session is a transaction, for one user at a time. What it calls with rows must
// not use it.
type Session interface {
	// Exec runs a statement and says how many rows it changed.
	Exec(query string, args ...any) (int64, error)
	// Query calls each for every row, until it returns an error, which it gives
	// back unless that is [ErrStop].
	Query(query string, each func(Scanner) error, args ...any) error
	// Later runs a statement when the next one is run whose answer is waited for,
	// or when the transaction is committed, whichever comes first: an engine beyond
	// a network sends several on one way. It may run it at once. each, which may be
	// nil, is called then, and an error of the statement may come then too. What
	// args refer to must not change before.
	Later(query string, each func(Scanner) error, args ...any) error
	// Insert runs an INSERT into a table with a column key, and puts the key of the
	// new row into key, when Later would have its rows.
	Insert(query string, key *int64, args ...any) error
	// Flush runs what Later and Insert have put off.
	Flush() error
	// Memory is what the session remembers from one transaction to the next;
	// nil when it can't tell whether that is still true.
	Memory() *Memory
	// Recall empties the memory when anybody else has changed the data.
	Recall() error
	// Announce tells the other processes, once this transaction is committed,
	// that revisions rose.
	Announce() error
}

// Dialect is what an engine says differently. A step whose text is empty is not
// needed, as the engine's transactions are alone anyway.
type Dialect struct {
	// Arrays says that a list is one argument, a slice of int64 or string.
	Arrays bool

	// Rest gives the sources that are due from the first after one of them on,
	// without those of the shared hosts in a JSON list.
	Rest string
	// LockDue gives the sources that are due, longest due first, which nobody has
	// locked, with their hosts, and locks them. LockRest does so with those of Rest.
	LockDue, LockRest string
	// LockSources waits for the rows of a list of sources and locks them; it gives
	// them and their hosts.
	LockSources string
	// LockHosts locks those of a list of hosts that nobody has locked, and gives
	// them.
	LockHosts string
	// CountDue counts the sources that are due by a time, up to a number.
	CountDue string
	// LockSuspects reports whether this transaction may lease a suspect.
	LockSuspects string
	// LockHost waits for a host by its name and locks it.
	LockHost string

	// FinishAll ends leases, unless they are stale: lists of sources, claims, due
	// times, ends of visits, failures and times of the last success. It gives the
	// sources whose lease was the current one, and the number of their visit.
	FinishAll string
	// PutVisits puts visits into the rings: lists of their columns.
	PutVisits string
	// PutVisit puts one there, in place of the oldest: its place, unless that is
	// NULL, its source, and its columns. PutUnchanged does so with less to say.
	PutVisit, PutUnchanged string

	// Newest are the rows of a page of a feed.
	Newest string
	// Copies are the rows of the hidden stories of a feed with canonical links.
	Copies string
	// SpreadItems are the rows of some stories of a feed.
	SpreadItems string
}
