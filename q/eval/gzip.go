package eval

import (
	"bytes"
	"io"

	"github.com/klauspost/compress/gzip"

	"github.com/quoinhq/quoin/kdb"
)

// gzipOf is .Q.gz: packed from (level;text), unpacked from text, and 1b for ::.
func gzipOf(x kdb.Value) (kdb.Value, error) {
	if x == kdb.Nil {
		return kdb.Bool(true), nil
	}
	if l, ok := x.(*kdb.List); ok && len(l.V) == 2 {
		level, ok := intOf(l.V[0])
		b, ok2 := rawText(l.V[1])
		if !ok || !ok2 {
			return nil, errType
		}
		if level < 1 || level > 9 {
			return nil, errDomain
		}
		var out bytes.Buffer
		w, err := gzip.NewWriterLevel(&out, level)
		if err != nil {
			return nil, errDomain
		}
		_, _ = w.Write(b) // a buffer takes everything
		_ = w.Close()
		return sameText(l.V[1], out.Bytes()), nil
	}
	b, ok := rawText(x)
	if !ok {
		return nil, errType
	}
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, errDomain
	}
	out, err := io.ReadAll(r)
	if err != nil {
		return nil, errDomain
	}
	return sameText(x, out), nil
}

// sameText returns bytes as what like is: bytes or characters.
func sameText(like kdb.Value, b []byte) kdb.Value {
	if _, ok := like.(*kdb.Bytes); ok {
		return bytesOf(b)
	}
	return kdb.Str(string(b))
}
