package codec

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// layer undoes one coding. Its decoder is taken from a pool at the first read,
// when it is known that there is something to decode.
type layer struct {
	name    string
	input   input
	buffer  *bufio.Reader
	decoder decoder // nil before the first read
}

// decoder is one pooled decompressor.
type decoder interface {
	io.Reader
	// release forgets the source and returns the decoder to its pool.
	release()
}

func newLayer(name string, src io.Reader, limit int64, what string) *layer {
	l := &layer{name: name, input: input{src: src, limit: limit, left: limit, what: what}}
	l.buffer = buffers.Get().(*bufio.Reader)
	l.buffer.Reset(&l.input)
	return l
}

func (l *layer) Read(p []byte) (int, error) {
	if l.decoder == nil {
		if err := l.start(); err != nil {
			return 0, err
		}
	}
	n, err := l.decoder.Read(p)
	return n, l.mend(err)
}

// start takes a decoder, unless there is nothing to decode: then it says EOF.
func (l *layer) start() error {
	if _, err := l.buffer.Peek(1); err != nil {
		return err
	}
	decoder, err := open(l.name, l.buffer)
	if err != nil {
		return l.mend(err)
	}
	l.decoder = decoder
	return nil
}

// mend says whose fault an error is: the source's own comes through as it was,
// any other means that the data is broken.
func (l *layer) mend(err error) error {
	switch {
	case err == nil || err == io.EOF:
		return err
	case l.input.failure != nil:
		return l.input.failure
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%w: %s data ends early", ErrBroken, l.name)
	}
	return fmt.Errorf("%w: %s: %w", ErrBroken, l.name, err)
}

func (l *layer) release() {
	if l.decoder != nil {
		l.decoder.release()
	}
	l.buffer.Reset(nil)
	buffers.Put(l.buffer)
}

// input counts what goes into a layer and remembers why its source failed.
// Input that decodes to nothing, such as empty gzip members without end, would
// otherwise be read for ever.
type input struct {
	src     io.Reader
	what    string
	limit   int64
	left    int64
	failure error // anything but EOF
}

func (in *input) Read(p []byte) (int, error) {
	if in.failure != nil {
		return 0, in.failure
	}
	if in.left <= 0 {
		in.failure = &LimitError{Limit: in.limit, What: in.what}
		return 0, in.failure
	}
	n, err := in.src.Read(p[:min(int64(len(p)), in.left)])
	in.left -= int64(n)
	if err != nil && err != io.EOF {
		in.failure = err
	}
	return n, err
}
