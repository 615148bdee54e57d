// Package migrate brings a database's schema up to what the program needs. It
// knows no engine: a [Database] does the two things that differ.
//
// Steps are files named NNNN_what.sql, numbered from 0001 without a gap. A
// step that was ever released is never edited; what it got wrong, a later step
// mends. Each runs in a transaction of its own, so a program that dies between
// two of them leaves a database that the next start continues with.
package migrate

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

// Step is one change of the schema.
type Step struct {
	Version int    // from 1
	Name    string // the file's name, for messages
	SQL     string // statements, run as one script
}

// Database is a database whose schema can be moved forward.
type Database interface {
	// Version gives the number of the last step that was applied: 0 before
	// the first.
	Version(ctx context.Context) (int, error)
	// Apply runs a step and notes its number, both or neither. It does nothing
	// when the database has the step already: another process was faster.
	Apply(ctx context.Context, step Step) error
}

// NewerError says that the database was made by a later program.
type NewerError struct {
	Database int // its schema version
	Program  int // the last one that this program knows
}

// Error says which versions meet and what to do.
func (e *NewerError) Error() string {
	return fmt.Sprintf("the database has schema version %d and this program knows versions up to %d: "+
		"run the newer program that made it, or restore a backup from before the upgrade",
		e.Database, e.Program)
}

// Up applies the steps in fsys that the database lacks, in order. A database
// that is ahead of them gives a [*NewerError] and is left as it is.
func Up(ctx context.Context, db Database, fsys fs.FS) error {
	steps, err := Load(fsys)
	if err != nil {
		return err
	}
	have, err := db.Version(ctx)
	if err != nil {
		return err
	}
	if have > len(steps) {
		return &NewerError{Database: have, Program: len(steps)}
	}
	for _, step := range steps[have:] {
		if err := db.Apply(ctx, step); err != nil {
			return fmt.Errorf("apply schema step %s: %w", step.Name, err)
		}
	}
	return nil
}

// Load reads the steps at the root of fsys, in order. Other files than *.sql
// are ignored; a *.sql file with another name than NNNN_what.sql, or a gap in
// the numbers, is an error.
func Load(fsys fs.FS) ([]Step, error) {
	names, err := fs.Glob(fsys, "*.sql")
	if err != nil {
		return nil, fmt.Errorf("list schema steps: %w", err)
	}
	slices.Sort(names)
	steps := make([]Step, 0, len(names))
	for i, name := range names {
		number, _, ok := strings.Cut(name, "_")
		version, err := strconv.Atoi(number)
		if !ok || err != nil || len(number) != 4 {
			return nil, fmt.Errorf("schema step %s: want a name like 0001_what.sql", name)
		}
		if version != i+1 {
			return nil, fmt.Errorf("schema step %s: want number %04d next", name, i+1)
		}
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("read schema step: %w", err)
		}
		steps = append(steps, Step{Version: version, Name: name, SQL: string(text)})
	}
	return steps, nil
}
