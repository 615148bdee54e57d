package relational

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
)

// ErrOtherJournal says that a journal belongs to another database.
var ErrOtherJournal = errors.New("it belongs to another database; move it away, " +
	"or put the database beside it that it was written by")

// JournalPath is the journal of a database: x.journal beside x.db.
func JournalPath(database string) string {
	stem := strings.TrimSuffix(database, filepath.Ext(database))
	if path := stem + ".journal"; path != database {
		return path
	}
	return database + ".journal"
}

// OpenJournal makes the database and its journal agree when the database was
// just opened. A journal that belongs to another database gives
// [ErrOtherJournal]. Any other trouble with it is one of the disk: what is stored
// can be served all the same, and Tidy tries again, and tells.
func (db *DB) OpenJournal(ctx context.Context) error {
	if err := db.catchUp(ctx); errors.Is(err, ErrOtherJournal) {
		return err
	}
	return nil
}

// catchUp makes the database and its journal say the same:
//
//  1. Where the journal says more, as beside a database that was restored or
//     made anew, the database takes that over. A database without any source
//     takes over any journal; another refuses one that is not its own.
//  2. A journal that says less, or is gone, is written anew.
//  3. Lines that wait in the database are appended.
//
// It is exclusive meanwhile, so of several processes one
// writes at a time. What it appends is on the disk when it returns.
func (db *DB) catchUp(ctx context.Context) error {
	path := db.journal
	if path == "" {
		return nil
	}
	behind, err := db.journalDiffers(ctx, path)
	if err == nil && behind {
		err = db.write(ctx, "bring the journal up to date", func(t *tx) error { return t.catchUp(path) })
	}
	if err != nil {
		return fmt.Errorf("journal %s: %w", path, err)
	}
	return nil
}

// journalDiffers looks whether there is anything to do, without writing.
func (db *DB) journalDiffers(ctx context.Context, path string) (differs bool, err error) {
	size, whose, err := lookAt(path)
	if err != nil {
		return false, err
	}
	err = db.read(ctx, "look at the journal", func(t *tx) error {
		var own string
		var read, waiting int64
		_, err := t.one(`SELECT id, read, (SELECT count(*) FROM journal) FROM lineage`, nil, &own, &read, &waiting)
		differs = read != size || waiting > 0 || whose != "" && whose != own
		return err
	})
	return differs, err
}

// lookAt gives the size of a journal, 0 when there is none, and whose it is.
func lookAt(path string) (size int64, whose string, err error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, "", nil
	}
	if err != nil {
		return 0, "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, "", err
	}
	if whose, err = lineageOf(f); err != nil {
		return 0, "", err
	}
	return info.Size(), whose, nil
}

// lineageOf gives the database that a journal belongs to by its first line;
// empty when that doesn't say.
func lineageOf(f *os.File) (string, error) {
	head, err := bufio.NewReader(io.NewSectionReader(f, 0, 1<<12)).ReadBytes('\n')
	if err != nil && err != io.EOF {
		return "", err
	}
	var first journalLine
	if json.Unmarshal(head, &first) != nil || first.Op != opJournal {
		return "", nil
	}
	return first.Lineage, nil
}

func (t *tx) catchUp(path string) error {
	var lineage string
	var read int64
	if _, err := t.one(`SELECT id, read FROM lineage`, nil, &lineage, &read); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	if read, err = t.adopt(f, lineage, read); err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	size := info.Size()
	switch {
	case size < read:
		err = t.rejournal()
	case size > read:
		var text []byte
		if text, err = io.ReadAll(io.NewSectionReader(f, read, size-read)); err == nil {
			err = t.replay(text)
		}
	}
	if err != nil {
		return err
	}
	added, err := t.append(f, size)
	if err != nil {
		return err
	}
	_, err = t.exec(`UPDATE lineage SET read = ?`, size+added)
	return err
}

// adopt looks whose journal it is and gives how much of it is known.
func (t *tx) adopt(f *os.File, own string, read int64) (int64, error) {
	other, err := lineageOf(f)
	if err != nil || other == "" || other == own {
		return read, err
	}
	var sources int64
	if _, err := t.one(`SELECT count(*) FROM sources`, nil, &sources); err != nil {
		return 0, err
	}
	if sources > 0 {
		return 0, ErrOtherJournal
	}
	_, err = t.exec(`UPDATE lineage SET id = ?`, other)
	return 0, err
}

// append writes the lines that wait to a journal of a size, and gives by how
// much it grew. They are on the disk then.
func (t *tx) append(f *os.File, size int64) (grown int64, err error) {
	var add bytes.Buffer
	if err := t.query(`SELECT line FROM journal ORDER BY key`, func(row scanner) error {
		var line string
		err := row.Scan(&line)
		add.WriteString(line + "\n")
		return err
	}); err != nil {
		return 0, err
	}
	if add.Len() == 0 {
		return 0, nil
	}
	head, err := t.journalHead(f, size)
	if err != nil {
		return 0, err
	}
	all := append([]byte(head), add.Bytes()...)
	if _, err := f.Write(all); err != nil {
		return 0, err
	}
	if err := errors.Join(f.Sync(), SyncFolder(filepath.Dir(f.Name()))); err != nil {
		return 0, err
	}
	_, err = t.exec(`DELETE FROM journal`)
	return int64(len(all)), err
}

// journalHead is what has to stand between the end of a journal and what is
// appended: the first line of a new one, the end of a line that was torn.
func (t *tx) journalHead(f *os.File, size int64) (string, error) {
	if size > 0 {
		last := make([]byte, 1)
		if _, err := f.ReadAt(last, size-1); err != nil || last[0] == '\n' {
			return "", err
		}
		return "\n", nil
	}
	var own string
	if _, err := t.one(`SELECT id FROM lineage`, nil, &own); err != nil {
		return "", err
	}
	head, err := compact(journalLine{Op: opJournal, Lineage: own})
	return head + "\n", err
}

// SyncFolder makes a new name in a folder last.
func SyncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// lines gives the lines of a text that are not empty.
func lines(text []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for line := range bytes.SplitSeq(text, []byte("\n")) {
			if len(line) > 0 && !yield(line) {
				return
			}
		}
	}
}
