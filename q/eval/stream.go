package eval

import (
	"bytes"
	"io"
	"os"

	"github.com/quoinhq/quoin/kdb"
)

// open opens the file that a value names, to be read.
func (th *thread) open(v kdb.Value) (f *os.File, name, path string, err error) {
	name, ok := fileName(v)
	if !ok {
		return nil, "", "", errType
	}
	if path, err = th.path(name, Read); err != nil {
		return nil, "", "", err
	}
	if f, err = os.Open(path); err != nil {
		return nil, "", "", osError(name, err)
	}
	return f, name, path, nil
}

// streamLines is .Q.fsn and .Q.fpn: f applied to the lines of a file or pipe,
// as many at a time as n bytes hold, and how many bytes there were. A line
// longer than that is a 'length.
func streamLines(th *thread, a []kdb.Value) (kdb.Value, error) {
	n, ok := intOf(a[2])
	if !ok || n <= 0 {
		return nil, errType
	}
	f, name, _, err := th.open(a[1])
	if err != nil {
		return nil, err
	}
	defer f.Close()
	buf := make([]byte, n)
	kept, total := 0, 0
	for {
		k, err := io.ReadFull(f, buf[kept:])
		end := err == io.EOF || err == io.ErrUnexpectedEOF
		if err != nil && !end {
			return nil, osError(name, err)
		}
		have := kept + k
		total += k
		whole := have
		if !end {
			if whole = bytes.LastIndexByte(buf[:have], '\n') + 1; whole == 0 {
				return nil, errLength
			}
		}
		if whole > 0 {
			if _, err := th.apply(a[0], []kdb.Value{lines(buf[:whole])}); err != nil {
				return nil, err
			}
		}
		if end {
			return kdb.Long(total), nil
		}
		kept = copy(buf, buf[whole:have])
		if err := th.eng.check(); err != nil {
			return nil, err
		}
	}
}
