package object

import (
	"bytes"
	"encoding/binary"
	"math/bits"

	"github.com/quoinhq/quoin/kdb"
)

const (
	shortBits = 11 // slots for symbols of up to 7 bytes, the common ones
	longBits  = 9  // slots for longer symbols
	// hashMul spreads keys over the slots by their highest bits (Fibonacci hashing).
	hashMul = 0x9e3779b97f4a7c15
)

// symCache maps texts to symbols for one decoder, so that a symbol seen lately
// takes no lock and no map: two direct-mapped tables, the first keyed by the
// text itself.
type symCache struct {
	short [1 << shortBits]struct {
		key uint64 // the text's bytes, little-endian; 0 in a free slot, as the null symbol never gets here
		sym kdb.Symbol
	}
	long [1 << longBits]struct {
		text string
		sym  kdb.Symbol
	}
}

// read decodes NUL-terminated texts from b into out until out is full, and
// returns how many bytes they took; -1 when b ends first.
func (c *symCache) read(b []byte, out []kdb.Symbol) int {
	at := 0
	for i := range out {
		if at+8 <= len(b) {
			w := binary.LittleEndian.Uint64(b[at:])
			// The lowest set bit marks the first zero byte of w.
			if z := (w - 0x0101010101010101) & ^w & 0x8080808080808080; z != 0 {
				n := bits.TrailingZeros64(z) >> 3
				key := w & (1<<(8*n) - 1)
				e := &c.short[key*hashMul>>(64-shortBits)]
				switch {
				case key == 0:
					out[i] = kdb.Symbol{}
				case e.key == key:
					out[i] = e.sym
				default:
					e.key, e.sym = key, kdb.SymBytes(b[at:at+n])
					out[i] = e.sym
				}
				at += n + 1
				continue
			}
		}
		n := bytes.IndexByte(b[at:], 0)
		if n < 0 {
			return -1
		}
		out[i] = c.text(b[at : at+n])
		at += n + 1
	}
	return at
}

func (c *symCache) text(b []byte) kdb.Symbol {
	if len(b) == 0 {
		return kdb.Symbol{}
	}
	h := uint64(len(b))
	for p := b; len(p) > 0; {
		if len(p) >= 8 {
			h = (h ^ binary.LittleEndian.Uint64(p)) * hashMul
			p = p[8:]
		} else {
			h = (h ^ uint64(p[0])) * hashMul
			p = p[1:]
		}
		h ^= h >> 29
	}
	e := &c.long[h*hashMul>>(64-longBits)]
	if e.text != string(b) {
		e.sym = kdb.SymBytes(b)
		e.text = e.sym.String()
	}
	return e.sym
}
