package transfer

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"

	"tributary/internal/store/relational"
)

// Sum is what a table holds, in short: how many rows, and a checksum of all their
// columns. It doesn't depend on the order of the rows, as two databases need not
// sort texts alike. It finds accidents, not forgeries.
type Sum struct {
	Rows     int64
	Checksum uint64
}

// add takes a row into account. Each column counts with its kind and its length,
// so that nothing can move from one to the next unseen.
func (s *Sum) add(row relational.Row) error {
	hash := fnv.New64a()
	var head [9]byte
	for _, value := range row {
		var kind byte
		var content []byte
		number := uint64(0)
		switch value := value.(type) {
		case nil:
			kind = 'n'
		case int64:
			kind, number = 'i', uint64(value)
		case string:
			kind, number, content = 't', uint64(len(value)), []byte(value)
		case []byte:
			kind, number, content = 'b', uint64(len(value)), value
		default:
			return fmt.Errorf("a column came as %T", value)
		}
		head[0] = kind
		binary.BigEndian.PutUint64(head[1:], number)
		hash.Write(head[:])
		hash.Write(content)
	}
	s.Rows++
	s.Checksum += hash.Sum64()
	return nil
}
