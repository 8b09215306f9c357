package prim_test

import (
	"fmt"
	"strings"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
)

// show writes values in a form good enough to read in a failed test.
func show(xs ...kdb.Value) string {
	var parts []string
	for _, x := range xs {
		switch v := x.(type) {
		case *kdb.Dict:
			parts = append(parts, show(v.K)+"!"+show(v.V))
		case *kdb.Table:
			parts = append(parts, fmt.Sprint(v.Names)+show(v.Cols...))
		case *kdb.Chars:
			var b []byte
			for _, c := range v.V {
				b = append(b, byte(c))
			}
			parts = append(parts, fmt.Sprintf("%q", b))
		default:
			if x != nil && x.Type() >= 0 && x.Type() <= kdb.TEnum {
				parts = append(parts, "("+show(prim.Items(x)...)+")")
			} else {
				parts = append(parts, fmt.Sprintf("%v", x))
			}
		}
	}
	return strings.Join(parts, " ")
}
