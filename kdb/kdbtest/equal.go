package kdbtest

import (
	"fmt"
	"math"

	"github.com/quoinhq/quoin/kdb"
)

// Diff compares two values with all they say: types, elements to the bit
// (nulls equal nulls), attributes, the s# of dictionaries. It returns "" when
// they are equal and otherwise where and how they differ.
func Diff(a, b kdb.Value) string { return diff("", a, b) }

func diff(at string, a, b kdb.Value) string {
	unlike := func(x, y any) string { return fmt.Sprintf("%s: %v and %v", at, x, y) }
	if (a == nil) != (b == nil) {
		return unlike(a, b)
	}
	if a == nil {
		return ""
	}
	if a.Type() != b.Type() || a.Len() != b.Len() {
		return unlike(fmt.Sprintf("type %d len %d", a.Type(), a.Len()), fmt.Sprintf("type %d len %d", b.Type(), b.Len()))
	}
	switch x := a.(type) {
	case *kdb.List:
		return diffs(at, x.V, b.(*kdb.List).V)
	case *kdb.Dict:
		y := b.(*kdb.Dict)
		if x.Sorted != y.Sorted {
			return unlike("sorted", "not")
		}
		if d := diff(at+" key", x.K, y.K); d != "" {
			return d
		}
		return diff(at+" value", x.V, y.V)
	case *kdb.Table:
		y := b.(*kdb.Table)
		if x.Attr != y.Attr {
			return unlike(x.Attr, y.Attr)
		}
		if d := diff(at+" names", kdb.NewVec(x.Names), kdb.NewVec(y.Names)); d != "" {
			return d
		}
		return diffs(at+" column", x.Cols, y.Cols)
	case *kdb.Lambda:
		y := b.(*kdb.Lambda)
		if x.Namespace != y.Namespace || x.Source != y.Source {
			return unlike(x, y)
		}
		return ""
	case *kdb.Projection:
		y := b.(*kdb.Projection)
		if d := diff(at+" function", x.F, y.F); d != "" {
			return d
		}
		return diffs(at+" argument", x.Args, y.Args)
	case *kdb.Compose:
		return diffs(at+" function", x.F, b.(*kdb.Compose).F)
	case *kdb.Derived:
		return diff(at+" function", x.F, b.(*kdb.Derived).F)
	case *kdb.Enum:
		y := b.(*kdb.Enum)
		if x.Domain != y.Domain || x.Attr != y.Attr {
			return unlike(x, y)
		}
	}
	if ax, ok := a.(interface{ At(int) kdb.Value }); ok {
		if p, q := attr(a), attr(b); p != q {
			return unlike("attribute "+p.String(), "attribute "+q.String())
		}
		bx := b.(interface{ At(int) kdb.Value })
		for i := range a.Len() {
			if d := diff(fmt.Sprintf("%s[%d]", at, i), ax.At(i), bx.At(i)); d != "" {
				return d
			}
		}
		return ""
	}
	if same(a, b) {
		return ""
	}
	return unlike(kdb.Inline(a), kdb.Inline(b))
}

func diffs(at string, a, b []kdb.Value) string {
	if len(a) != len(b) {
		return fmt.Sprintf("%s: %d and %d", at, len(a), len(b))
	}
	for i := range a {
		if d := diff(fmt.Sprintf("%s[%d]", at, i), a[i], b[i]); d != "" {
			return d
		}
	}
	return ""
}

func same(a, b kdb.Value) bool {
	switch x := a.(type) {
	case kdb.Real:
		return math.Float32bits(float32(x)) == math.Float32bits(float32(b.(kdb.Real)))
	case kdb.Float:
		return math.Float64bits(float64(x)) == math.Float64bits(float64(b.(kdb.Float)))
	case kdb.Datetime:
		return math.Float64bits(float64(x)) == math.Float64bits(float64(b.(kdb.Datetime)))
	case kdb.EnumAtom:
		y := b.(kdb.EnumAtom)
		return x.Domain == y.Domain && x.Plain() == y.Plain()
	}
	return a == b
}

func attr(v kdb.Value) kdb.Attr {
	if a, ok := v.(interface{ Attribute() kdb.Attr }); ok {
		return a.Attribute()
	}
	return kdb.NoAttr
}
