// Package object is the codec of kdb+ objects: the bytes that a value has
// inside an IPC message, in a general file and in a tickerplant log.
// Source: KX manual, "Serialization examples" and "Interprocess communication".
package object

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/internal/raw"
)

// ErrTooLong is returned for a vector of more items than the format can count.
var ErrTooLong = errors.New("vector of more than 2147483647 items")

// MaxDepth is how deep values may be nested in each other. It bounds the stack
// that a hostile message can claim.
const MaxDepth = 1000

var errDepth = fmt.Errorf("value nested more than %d deep", MaxDepth)

// Append appends the encoding of v, little-endian. Enumerations become plain
// symbols. On an error what was appended is meaningless. Errors: ErrTooLong,
// values that have no encoding (an engine's own functions).
func Append(b []byte, v kdb.Value) ([]byte, error) { return appendValue(b, v, 0) }

func appendValue(b []byte, v kdb.Value, depth int) ([]byte, error) {
	if depth > MaxDepth {
		return b, errDepth
	}
	if v == nil { // the hole of a projection
		return append(b, byte(kdb.TUnary), 0xff), nil
	}
	t := byte(v.Type())
	le := binary.LittleEndian
	switch x := v.(type) {
	case kdb.Bool:
		if x {
			return append(b, t, 1), nil
		}
		return append(b, t, 0), nil
	case kdb.GUID:
		return append(append(b, t), x[:]...), nil
	case kdb.Byte:
		return append(b, t, byte(x)), nil
	case kdb.Short:
		return le.AppendUint16(append(b, t), uint16(x)), nil
	case kdb.Int:
		return le.AppendUint32(append(b, t), uint32(x)), nil
	case kdb.Long:
		return le.AppendUint64(append(b, t), uint64(x)), nil
	case kdb.Real:
		return le.AppendUint32(append(b, t), math.Float32bits(float32(x))), nil
	case kdb.Float:
		return le.AppendUint64(append(b, t), math.Float64bits(float64(x))), nil
	case kdb.Char:
		return append(b, t, byte(x)), nil
	case kdb.Symbol:
		return append(append(append(b, t), x.String()...), 0), nil
	case kdb.EnumAtom:
		if x.IsLink() {
			return appendValue(b, x.Plain(), depth)
		}
		return appendValue(b, x.Sym(), depth)
	case kdb.Timestamp:
		return le.AppendUint64(append(b, t), uint64(x)), nil
	case kdb.Month:
		return le.AppendUint32(append(b, t), uint32(x)), nil
	case kdb.Date:
		return le.AppendUint32(append(b, t), uint32(x)), nil
	case kdb.Datetime:
		return le.AppendUint64(append(b, t), math.Float64bits(float64(x))), nil
	case kdb.Timespan:
		return le.AppendUint64(append(b, t), uint64(x)), nil
	case kdb.Minute:
		return le.AppendUint32(append(b, t), uint32(x)), nil
	case kdb.Second:
		return le.AppendUint32(append(b, t), uint32(x)), nil
	case kdb.Time:
		return le.AppendUint32(append(b, t), uint32(x)), nil

	case *kdb.Bools:
		return vector(b, x)
	case *kdb.GUIDs:
		return vector(b, x)
	case *kdb.Bytes:
		return vector(b, x)
	case *kdb.Shorts:
		return vector(b, x)
	case *kdb.Ints:
		return vector(b, x)
	case *kdb.Longs:
		return vector(b, x)
	case *kdb.Reals:
		return vector(b, x)
	case *kdb.Floats:
		return vector(b, x)
	case *kdb.Chars:
		return vector(b, x)
	case *kdb.Timestamps:
		return vector(b, x)
	case *kdb.Months:
		return vector(b, x)
	case *kdb.Dates:
		return vector(b, x)
	case *kdb.Datetimes:
		return vector(b, x)
	case *kdb.Timespans:
		return vector(b, x)
	case *kdb.Minutes:
		return vector(b, x)
	case *kdb.Seconds:
		return vector(b, x)
	case *kdb.Times:
		return vector(b, x)
	case *kdb.Symbols:
		b, err := head(b, kdb.TSymbol, x.Attribute(), len(x.V))
		for _, s := range x.V {
			b = append(append(b, s.String()...), 0)
		}
		return b, err
	case *kdb.Enum:
		if x.IsLink() {
			return appendValue(b, x.Plain(), depth)
		}
		b, err := head(b, kdb.TSymbol, x.Attribute(), len(x.V))
		for i := range x.V {
			b = append(append(b, x.Sym(i).String()...), 0)
		}
		return b, err
	case *kdb.List:
		b, err := head(b, kdb.TList, kdb.NoAttr, len(x.V))
		return each(b, err, x.V, depth)
	case *kdb.Dict:
		if x.Sorted {
			t = sortedDict
		}
		b, err := appendValue(append(b, t), x.K, depth+1)
		if err != nil {
			return b, err
		}
		return appendValue(b, x.V, depth+1)
	case *kdb.Table:
		b = append(b, t, byte(x.Own()), byte(kdb.TDict))
		b, err := appendValue(b, kdb.NewVec(x.Names), depth+1)
		if err == nil {
			b, err = head(b, kdb.TList, kdb.NoAttr, len(x.Cols))
		}
		return each(b, err, x.Cols, depth+1)
	case *kdb.Lambda:
		b = append(append(append(b, t), x.Namespace...), 0)
		b, err := head(b, kdb.TChar, kdb.NoAttr, len(x.Source))
		return append(b, x.Source...), err
	case kdb.Unary:
		return append(b, t, byte(x)), nil
	case kdb.Binary:
		return append(b, t, byte(x)), nil
	case kdb.Iterator:
		return append(b, t, byte(x)), nil
	case *kdb.Projection:
		b = le.AppendUint32(append(b, t), uint32(1+len(x.Args)))
		b, err := appendValue(b, x.F, depth+1)
		return each(b, err, x.Args, depth)
	case *kdb.Compose:
		b = le.AppendUint32(append(b, t), uint32(len(x.F)))
		return each(b, nil, x.F, depth)
	case *kdb.Derived:
		return appendValue(append(b, t), x.F, depth+1)
	case kdb.Error:
		return append(append(append(b, t), x...), 0), nil
	}
	return b, fmt.Errorf("a %T has no encoding", v)
}

// sortedDict is the type byte of a dictionary with s#.
const sortedDict = 127

func each(b []byte, err error, items []kdb.Value, depth int) ([]byte, error) {
	for _, v := range items {
		if err != nil {
			break
		}
		b, err = appendValue(b, v, depth+1)
	}
	return b, err
}

func head(b []byte, t kdb.Type, a kdb.Attr, n int) ([]byte, error) {
	if n > math.MaxInt32 {
		return b, ErrTooLong
	}
	return binary.LittleEndian.AppendUint32(append(b, byte(t), byte(a)), uint32(n)), nil
}

func vector[T kdb.Elem](b []byte, v *kdb.Vec[T]) ([]byte, error) {
	b, err := head(b, v.Type(), v.Attribute(), len(v.V))
	if err != nil {
		return b, err
	}
	return raw.Append(b, v.V), nil
}

// Size returns how many bytes Append will append for v, for one exact
// allocation. It is 0 past MaxDepth and for values that have no encoding.
func Size(v kdb.Value) int { return size(v, 0) }

func size(v kdb.Value, depth int) int {
	if depth > MaxDepth {
		return 0
	}
	switch x := v.(type) {
	case nil, kdb.Unary, kdb.Binary, kdb.Iterator, kdb.Bool, kdb.Byte, kdb.Char:
		return 2
	case kdb.Short:
		return 3
	case kdb.Int, kdb.Real, kdb.Month, kdb.Date, kdb.Minute, kdb.Second, kdb.Time:
		return 5
	case kdb.Long, kdb.Float, kdb.Timestamp, kdb.Datetime, kdb.Timespan:
		return 9
	case kdb.GUID:
		return 17
	case kdb.Symbol:
		return 2 + len(x.String())
	case kdb.EnumAtom:
		if x.IsLink() {
			return size(x.Plain(), depth)
		}
		return 2 + len(x.Sym().String())
	case kdb.Error:
		return 2 + len(x)
	case *kdb.Bools, *kdb.Bytes, *kdb.Chars:
		return 6 + v.Len()
	case *kdb.Shorts:
		return 6 + 2*v.Len()
	case *kdb.Ints, *kdb.Reals, *kdb.Months, *kdb.Dates, *kdb.Minutes, *kdb.Seconds, *kdb.Times:
		return 6 + 4*v.Len()
	case *kdb.Longs, *kdb.Floats, *kdb.Timestamps, *kdb.Datetimes, *kdb.Timespans:
		return 6 + 8*v.Len()
	case *kdb.GUIDs:
		return 6 + 16*v.Len()
	case *kdb.Symbols:
		n := 6 + len(x.V)
		for _, s := range x.V {
			n += len(s.String())
		}
		return n
	case *kdb.Enum:
		if x.IsLink() {
			return size(x.Plain(), depth)
		}
		n := 6 + len(x.V)
		for i := range x.V {
			n += len(x.Sym(i).String())
		}
		return n
	case *kdb.List:
		return 6 + sum(x.V, depth)
	case *kdb.Dict:
		return 1 + size(x.K, depth+1) + size(x.V, depth+1)
	case *kdb.Table:
		return 3 + size(kdb.NewVec(x.Names), depth+1) + 6 + sum(x.Cols, depth+1)
	case *kdb.Lambda:
		return 1 + len(x.Namespace) + 1 + 6 + len(x.Source)
	case *kdb.Projection:
		return 5 + size(x.F, depth+1) + sum(x.Args, depth)
	case *kdb.Compose:
		return 5 + sum(x.F, depth)
	case *kdb.Derived:
		return 1 + size(x.F, depth+1)
	}
	return 0
}

func sum(items []kdb.Value, depth int) int {
	n := 0
	for _, v := range items {
		n += size(v, depth+1)
	}
	return n
}
