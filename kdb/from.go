package kdb

import (
	"cmp"
	"fmt"
	"math"
	"reflect"
	"slices"
	"time"
)

// From returns a Go value as a kdb+ value:
//
//	a Value                  itself
//	bool                     boolean
//	int, int64, uint32       long
//	int32, uint16            int
//	int16, int8              short
//	uint8                    byte
//	uint, uint64             long, unless too large
//	float64, float32         float, real
//	string                   symbol; char vector with the option string
//	time.Time                timestamp in UTC; the zero time is null
//	time.Duration            timespan
//	[16]byte                 guid
//	error                    error
//	a pointer                what it points to; nil is the null of that type
//	a slice or array         vector, or general list where elements have no vector
//	a map                    dictionary, keys in order
//	a struct                 dictionary from field names to values
//	a slice of structs       table, keyed where fields have the option key
//	nil                      the generic null
//
// A struct's field is named as in Go with the first letter in lower case, or as
// its tag says: `kdb:"name,option"`. The name "-" leaves the field out. Any
// kdb+ type can stand in a struct where the above is not what is wanted.
// Errors: a value of another kind, an integer too large for a long.
func From(x any) (Value, error) {
	if x == nil {
		return Nil, nil
	}
	return from(reflect.ValueOf(x), false)
}

var (
	valueType    = reflect.TypeFor[Value]()
	timeType     = reflect.TypeFor[time.Time]()
	durationType = reflect.TypeFor[time.Duration]()
	errorType    = reflect.TypeFor[error]()
)

func from(v reflect.Value, text bool) (Value, error) {
	t := v.Type()
	switch {
	case t.Implements(valueType):
		if (t.Kind() == reflect.Pointer || t.Kind() == reflect.Interface) && v.IsNil() {
			return Nil, nil
		}
		return v.Interface().(Value), nil
	case t == timeType:
		return TimestampOf(v.Interface().(time.Time)), nil
	case t == durationType:
		return Timespan(v.Int()), nil
	}
	switch t.Kind() {
	case reflect.Interface:
		if v.IsNil() {
			return Nil, nil
		}
		return from(v.Elem(), text)
	case reflect.Pointer:
		if t.Implements(errorType) && !v.IsNil() {
			return Error(v.Interface().(error).Error()), nil
		}
		if v.IsNil() {
			zero, err := from(reflect.Zero(t.Elem()), text)
			if err != nil {
				return nil, err
			}
			return Null(zero.Type()), nil
		}
		return from(v.Elem(), text)
	}
	if t.Implements(errorType) {
		return Error(v.Interface().(error).Error()), nil
	}
	switch t.Kind() {
	case reflect.Bool:
		return Bool(v.Bool()), nil
	case reflect.Int, reflect.Int64:
		return Long(v.Int()), nil
	case reflect.Int32:
		return Int(v.Int()), nil
	case reflect.Int16, reflect.Int8:
		return Short(v.Int()), nil
	case reflect.Uint8:
		return Byte(v.Uint()), nil
	case reflect.Uint16:
		return Int(v.Uint()), nil
	case reflect.Uint32:
		return Long(v.Uint()), nil
	case reflect.Uint, reflect.Uint64:
		if v.Uint() > math.MaxInt64 {
			return nil, fmt.Errorf("kdb: %d is too large for a long", v.Uint())
		}
		return Long(v.Uint()), nil
	case reflect.Float32:
		return Real(v.Float()), nil
	case reflect.Float64:
		return Float(v.Float()), nil
	case reflect.String:
		if text {
			return Str(v.String()), nil
		}
		return Sym(v.String()), nil
	case reflect.Array:
		if t.Len() == 16 && t.Elem().Kind() == reflect.Uint8 {
			var g GUID
			reflect.Copy(reflect.ValueOf(g[:]), v)
			return g, nil
		}
		return fromSlice(v, text)
	case reflect.Slice:
		return fromSlice(v, text)
	case reflect.Map:
		return fromMap(v, text)
	case reflect.Struct:
		return fromStruct(v)
	}
	return nil, fmt.Errorf("kdb: no kdb+ value for a %v", t)
}

func fromSlice(v reflect.Value, text bool) (Value, error) {
	elem := v.Type().Elem()
	for elem.Kind() == reflect.Pointer && !elem.Implements(valueType) {
		elem = elem.Elem()
	}
	if elem.Kind() == reflect.Struct && elem != timeType && !elem.Implements(valueType) && !elem.Implements(errorType) {
		return fromStructs(v, elem)
	}
	return vectorOf(v.Len(), v.Type().Elem(), text, v.Index)
}

// vectorOf makes a vector of n values of one Go type.
func vectorOf(n int, t reflect.Type, text bool, at func(int) reflect.Value) (Value, error) {
	if n == 0 {
		if t.Kind() == reflect.Interface {
			return NewList(), nil
		}
		zero, err := from(reflect.Zero(t), text)
		if err != nil {
			return nil, err
		}
		if zero.Type() >= 0 { // lists of lists
			return NewList(), nil
		}
		return Empty(zero.Type()), nil
	}
	items := make([]Value, n)
	for i := range items {
		var err error
		if items[i], err = from(at(i), text); err != nil {
			return nil, err
		}
	}
	if t.Kind() == reflect.Interface && !t.Implements(valueType) {
		return NewList(items...), nil
	}
	return Collapse(items), nil
}

func fromMap(v reflect.Value, text bool) (Value, error) {
	keys := v.MapKeys()
	k, err := vectorOf(len(keys), v.Type().Key(), false, func(i int) reflect.Value { return keys[i] })
	if err != nil {
		return nil, err
	}
	// Maps have no order of their own; a dictionary should not differ from one
	// call to the next.
	texts := make([]string, len(keys))
	order := make([]int, len(keys))
	for i := range order {
		order[i], texts[i] = i, fmt.Sprint(keys[i])
	}
	slices.SortFunc(order, func(a, b int) int {
		if x, y := keys[a], keys[b]; x.CanInt() {
			return cmp.Compare(x.Int(), y.Int())
		}
		return cmp.Compare(texts[a], texts[b])
	})
	sorted := make([]Value, len(keys))
	for i, j := range order {
		sorted[i] = Item(k, j)
	}
	if len(sorted) > 0 {
		k = Collapse(sorted)
	}
	vals, err := vectorOf(len(keys), v.Type().Elem(), text, func(i int) reflect.Value { return v.MapIndex(keys[order[i]]) })
	if err != nil {
		return nil, err
	}
	return NewDict(k, vals), nil
}

func fromStruct(v reflect.Value) (Value, error) {
	fs, err := fields(v.Type())
	if err != nil {
		return nil, err
	}
	names, items := make([]Symbol, len(fs)), make([]Value, len(fs))
	for i, f := range fs {
		names[i] = f.name
		if items[i], err = from(v.FieldByIndex(f.index), f.text); err != nil {
			return nil, err
		}
	}
	return NewDict(NewVec(names), Collapse(items)), nil
}

func fromStructs(v reflect.Value, t reflect.Type) (Value, error) {
	fs, err := fields(t)
	if err != nil {
		return nil, err
	}
	key, val := &Table{}, &Table{}
	for _, f := range fs {
		col, err := vectorOf(v.Len(), t.FieldByIndex(f.index).Type, f.text, func(i int) reflect.Value {
			row := v.Index(i)
			for row.Kind() == reflect.Pointer {
				if row.IsNil() {
					row = reflect.Zero(row.Type().Elem())
				} else {
					row = row.Elem()
				}
			}
			return row.FieldByIndex(f.index)
		})
		if err != nil {
			return nil, err
		}
		to := val
		if f.key {
			to = key
		}
		to.Names, to.Cols = append(to.Names, f.name), append(to.Cols, col)
	}
	if len(key.Cols) > 0 && len(val.Cols) > 0 {
		return NewDict(key, val), nil
	}
	if len(key.Cols) > 0 {
		return key, nil
	}
	return val, nil
}
