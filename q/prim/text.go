package prim

import "github.com/quoinhq/quoin/kdb"

// lowerColumn returns chars or symbols in lower case.
func lowerColumn(c column) column { return mapText(c, lowerByte) }

func lowerByte(b byte) byte {
	if b >= 'A' && b <= 'Z' {
		return b + 'a' - 'A'
	}
	return b
}

func upperByte(b byte) byte {
	if b >= 'a' && b <= 'z' {
		return b - ('a' - 'A')
	}
	return b
}

// mapText maps the bytes of chars, or of each symbol's text.
func mapText(c column, f func(byte) byte) column {
	out := c.newColumn(c.n)
	if c.t == kdb.TChar {
		o := words[byte](out)
		for i, b := range words[byte](c) {
			o[i] = f(b)
		}
		return out
	}
	o := words[kdb.Symbol](out)
	known := map[kdb.Symbol]kdb.Symbol{}
	for i, s := range words[kdb.Symbol](c) {
		t, ok := known[s]
		if !ok {
			b := []byte(s.String())
			for j := range b {
				b[j] = f(b[j])
			}
			t = kdb.SymBytes(b)
			known[s] = t
		}
		o[i] = t
	}
	return out
}
