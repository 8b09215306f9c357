package eval

import (
	"github.com/quoinhq/quoin/kdb"
)

// bang is n!y for the internal functions, which have negative numbers.
// Source: KX manual, "Internal functions" (basics/internal).
func (th *thread) bang(n int, y kdb.Value) (kdb.Value, error) {
	switch n {
	case -3:
		return kdb.Str(kdb.InlineAt(y, th.eng.conf.precision)), nil
	case -5:
		return th.parse(y)
	case -6:
		return th.evalValue(y)
	}
	return nil, errElsewhere
}
