package kdb

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"time"
)

// ErrNull is wrapped by To's error for a null in a place that cannot say so.
var ErrNull = errors.New("null")

// To stores v in what dst points to, as the reverse of From:
//
//	integers, temporal types too   any Go integer that holds the value, floats
//	real, float                    any Go float
//	boolean                        bool
//	symbol, char vector, char      string
//	timestamp, date, month,
//	  datetime                     time.Time in UTC
//	timespan, time, second, minute time.Duration
//	guid                           [16]byte
//	a list                         a slice; a char or byte vector also a string
//	a dictionary                   a map, or a struct by field names
//	a table, keyed or not          a slice of structs by field names, or of maps
//
// A null becomes nil in a pointer, NaN in a float, the zero time.Time and the
// empty string; elsewhere it is an error, ErrNull. Columns without a field are
// left out, fields without a column are not touched. A destination that is
// itself a kdb+ type takes just that type, a Value takes anything. An *any gets
// the nearest Go type. Errors name the column and row they are about.
func To(v Value, dst any) error {
	p := reflect.ValueOf(dst)
	if p.Kind() != reflect.Pointer || p.IsNil() {
		return fmt.Errorf("kdb: To needs a pointer, got %T", dst)
	}
	if err := to(v, p.Elem()); err != nil {
		return fmt.Errorf("kdb: %w", err)
	}
	return nil
}

func to(v Value, dst reflect.Value) error {
	if v == nil {
		v = Nil
	}
	t := dst.Type()
	if src := reflect.ValueOf(v); src.Type().AssignableTo(t) && (t.Kind() != reflect.Interface || t.NumMethod() > 0) {
		dst.Set(src)
		return nil
	}
	switch x := v.(type) { // a link's items are numbers
	case EnumAtom:
		if x.IsLink() {
			v = x.Plain()
		}
	case *Enum:
		if x.IsLink() {
			v = x.Plain()
		}
	}
	switch t.Kind() {
	case reflect.Pointer:
		if IsNull(v) {
			dst.SetZero()
			return nil
		}
		if dst.IsNil() {
			dst.Set(reflect.New(t.Elem()))
		}
		return to(v, dst.Elem())
	case reflect.Interface:
		if t.NumMethod() > 0 {
			return unlike(v, t)
		}
		x, err := natural(v)
		if err != nil {
			return err
		}
		if x == nil {
			dst.SetZero()
			return nil
		}
		dst.Set(reflect.ValueOf(x))
		return nil
	case reflect.String:
		s, ok := Text(v)
		if !ok {
			return unlike(v, t)
		}
		if v == Value(NullChar) {
			s = ""
		}
		dst.SetString(s)
		return nil
	case reflect.Slice:
		return toSlice(v, dst)
	case reflect.Map:
		return toMap(v, dst)
	case reflect.Struct:
		if t == timeType {
			x, ok := v.(interface{ Time() time.Time })
			if !ok {
				return unlike(v, t)
			}
			dst.Set(reflect.ValueOf(x.Time()))
			return nil
		}
		return toStruct(v, dst)
	case reflect.Array:
		if g, ok := v.(GUID); ok && t.Len() == 16 && t.Elem().Kind() == reflect.Uint8 {
			reflect.Copy(dst, reflect.ValueOf(g[:]))
			return nil
		}
		return unlike(v, t)
	}
	return toNumber(v, dst)
}

func unlike(v Value, t reflect.Type) error {
	return fmt.Errorf("type %d does not go into a %v", v.Type(), t)
}

func toNumber(v Value, dst reflect.Value) error {
	t := dst.Type()
	if t == durationType {
		if x, ok := v.(interface{ Duration() time.Duration }); ok {
			if IsNull(v) {
				return ErrNull
			}
			dst.SetInt(int64(x.Duration()))
			return nil
		}
	}
	switch x := v.(type) {
	case Bool:
		if t.Kind() == reflect.Bool {
			dst.SetBool(bool(x))
			return nil
		}
		return unlike(v, t)
	case Real, Float, Datetime:
		f := reflect.ValueOf(x).Float()
		if !dst.CanFloat() {
			return unlike(v, t)
		}
		dst.SetFloat(f)
		return nil
	}
	src := reflect.ValueOf(v)
	var n int64
	switch {
	case src.CanInt():
		n = src.Int()
	case v.Type() == -TByte || v.Type() == -TChar:
		n = int64(src.Uint())
	default:
		return unlike(v, t)
	}
	null := IsNull(v) && v.Type() != -TChar
	switch {
	case dst.CanFloat():
		dst.SetFloat(float64(n))
		if null {
			dst.SetFloat(math.NaN())
		}
		return nil
	case null:
		return ErrNull
	case dst.CanInt() && !dst.OverflowInt(n):
		dst.SetInt(n)
		return nil
	case dst.CanUint() && n >= 0 && !dst.OverflowUint(uint64(n)):
		dst.SetUint(uint64(n))
		return nil
	case dst.CanInt() || dst.CanUint():
		return fmt.Errorf("%d overflows %v", n, t)
	}
	return unlike(v, t)
}

func toSlice(v Value, dst reflect.Value) error {
	if v.Type() < 0 || v.Type() > TTable && v.Type() != TDict {
		return unlike(v, dst.Type())
	}
	elem := dst.Type().Elem()
	if k, val, ok := IsKeyed(v); ok {
		v = &Table{Names: append(append([]Symbol(nil), k.Names...), val.Names...), Cols: append(append([]Value(nil), k.Cols...), val.Cols...)}
	}
	n := v.Len()
	s := reflect.MakeSlice(dst.Type(), n, n)
	if t, ok := v.(*Table); ok && elem.Kind() == reflect.Struct && elem != timeType {
		if err := rows(t, s); err != nil {
			return err
		}
		dst.Set(s)
		return nil
	}
	if v.Type() == TDict {
		return unlike(v, dst.Type())
	}
	for i := range n {
		if err := to(Item(v, i), s.Index(i)); err != nil {
			return fmt.Errorf("item %d: %w", i, err)
		}
	}
	dst.Set(s)
	return nil
}

// rows stores a table's rows in a slice of structs, column by column.
func rows(t *Table, s reflect.Value) error {
	fs, err := fields(s.Type().Elem())
	if err != nil {
		return err
	}
	for _, f := range fs {
		col, ok := t.Col(f.name)
		if !ok {
			continue
		}
		for i := range s.Len() {
			if err := to(Item(col, i), s.Index(i).FieldByIndex(f.index)); err != nil {
				return fmt.Errorf("column %v, row %d: %w", f.name, i, err)
			}
		}
	}
	return nil
}

func toMap(v Value, dst reflect.Value) error {
	d, ok := v.(*Dict)
	if !ok {
		return unlike(v, dst.Type())
	}
	t := dst.Type()
	m := reflect.MakeMapWithSize(t, d.Len())
	for i := range d.Len() {
		k, x := reflect.New(t.Key()).Elem(), reflect.New(t.Elem()).Elem()
		if err := to(Item(d.K, i), k); err != nil {
			return fmt.Errorf("key %d: %w", i, err)
		}
		if err := to(Item(d.V, i), x); err != nil {
			return fmt.Errorf("value of %v: %w", k, err)
		}
		if !k.Comparable() {
			return fmt.Errorf("key %d: a %v cannot be the key of a map", i, k.Type())
		}
		m.SetMapIndex(k, x)
	}
	dst.Set(m)
	return nil
}

func toStruct(v Value, dst reflect.Value) error {
	d, ok := v.(*Dict)
	if !ok {
		return unlike(v, dst.Type())
	}
	names, ok := d.K.(*Symbols)
	if !ok {
		return unlike(v, dst.Type())
	}
	fs, err := fields(dst.Type())
	if err != nil {
		return err
	}
	for _, f := range fs {
		for i, n := range names.V {
			if n != f.name {
				continue
			}
			if err := to(Item(d.V, i), dst.FieldByIndex(f.index)); err != nil {
				return fmt.Errorf("%v: %w", f.name, err)
			}
			break
		}
	}
	return nil
}

// natural returns the Go value nearest to v, nil for a null.
func natural(v Value) (any, error) {
	if IsNull(v) && v.Type() != -TChar {
		return nil, nil
	}
	store := func(p any) (any, error) {
		err := to(v, reflect.ValueOf(p).Elem())
		return reflect.ValueOf(p).Elem().Interface(), err
	}
	switch x := v.(type) {
	case *Enum:
		if x.IsLink() {
			return natural(x.Plain())
		}
		return store(new([]string))
	case Bool:
		return bool(x), nil
	case GUID:
		return [16]byte(x), nil
	case Byte:
		return byte(x), nil
	case Short:
		return int16(x), nil
	case Int:
		return int32(x), nil
	case Long:
		return int64(x), nil
	case Real:
		return float32(x), nil
	case Float:
		return float64(x), nil
	case EnumAtom:
		if x.IsLink() {
			return natural(x.Plain())
		}
		return x.Sym().String(), nil
	case Char, Symbol, *Chars:
		s, _ := Text(v)
		return s, nil
	case Timestamp, Date, Month, Datetime:
		return v.(interface{ Time() time.Time }).Time(), nil
	case Timespan, Minute, Second, Time:
		return v.(interface{ Duration() time.Duration }).Duration(), nil
	case *Bytes:
		return store(new([]byte))
	case *Shorts:
		return store(new([]int16))
	case *Reals:
		return store(new([]float32))
	case *Floats:
		return store(new([]float64))
	case *Symbols:
		return store(new([]string))
	case *Bools:
		return store(new([]bool))
	case *Dict:
		if _, _, keyed := IsKeyed(v); keyed {
			return store(new([]map[string]any))
		}
		if _, ok := x.K.(*Symbols); ok {
			return store(new(map[string]any))
		}
		return store(new(map[any]any))
	case *Table:
		return store(new([]map[string]any))
	case Error:
		return x, nil
	}
	if v.Type() >= 0 && v.Type() < TTable {
		return store(new([]any))
	}
	return v, nil
}
