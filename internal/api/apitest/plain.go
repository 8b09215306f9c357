package apitest

import (
	"reflect"
	"time"

	"github.com/quoinhq/quoin/finspace/schema"
)

// Plain turns a structure into what encoding/json makes of any JSON: maps,
// lists, strings, bools and float64s, absent members left out. Members outside
// of the body are in it too; times are milliseconds since 1970.
func Plain(shape *schema.Shape, structure any) map[string]any {
	return plain(shape, reflect.ValueOf(structure).Elem()).(map[string]any)
}

func plain(shape *schema.Shape, v reflect.Value) any {
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	switch shape.Kind {
	case schema.Structure:
		m := make(map[string]any)
		for i := range shape.Members {
			mem := &shape.Members[i]
			f := v.FieldByName(mem.Field)
			if k := f.Kind(); (k == reflect.Pointer || k == reflect.Slice || k == reflect.Map) && f.IsNil() || k == reflect.String && f.Len() == 0 {
				continue
			}
			m[mem.Name] = plain(mem.Shape, f)
		}
		return m
	case schema.List:
		list := make([]any, v.Len())
		for i := range list {
			list[i] = plain(shape.Elem, v.Index(i))
		}
		return list
	case schema.Map:
		m := make(map[string]any)
		for _, k := range v.MapKeys() {
			m[k.String()] = plain(shape.Elem, v.MapIndex(k))
		}
		return m
	case schema.String:
		return v.String()
	case schema.Boolean:
		return v.Bool()
	case schema.Timestamp:
		return float64(v.Interface().(time.Time).UnixMilli())
	case schema.Double:
		return v.Float()
	}
	return float64(v.Int())
}
