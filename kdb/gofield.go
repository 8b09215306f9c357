package kdb

import (
	"fmt"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf8"
)

// field is an exported field of a Go struct as a column.
type field struct {
	name  Symbol
	index []int
	text  bool // the option string: texts are char vectors instead of symbols
	key   bool // the option key: the column is of the key of a keyed table
}

// fields returns the columns of a struct type: its exported fields in order,
// those of embedded structs in place of them. What is embedded by pointer is a
// field like any other.
func fields(t reflect.Type) ([]field, error) {
	var fs []field
	for _, sf := range reflect.VisibleFields(t) {
		tag := sf.Tag.Get("kdb")
		if !sf.IsExported() || tag == "-" || throughPointer(t, sf.Index) || sf.Anonymous && sf.Type.Kind() == reflect.Struct && tag == "" {
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		if name == "" {
			r, n := utf8.DecodeRuneInString(sf.Name)
			name = string(unicode.ToLower(r)) + sf.Name[n:]
		}
		f := field{name: Sym(name), index: sf.Index}
		for o := range strings.SplitSeq(options, ",") {
			switch o {
			case "":
			case "string":
				f.text = true
			case "key":
				f.key = true
			default:
				return nil, fmt.Errorf("kdb: field %s of %v has the unknown option %q", sf.Name, t, o)
			}
		}
		fs = append(fs, f)
	}
	if len(fs) == 0 {
		return nil, fmt.Errorf("kdb: %v has no exported fields", t)
	}
	return fs, nil
}

// throughPointer reports whether the way to a field leads through a pointer,
// which may be nil.
func throughPointer(t reflect.Type, index []int) bool {
	for _, i := range index[:len(index)-1] {
		if t = t.Field(i).Type; t.Kind() == reflect.Pointer {
			return true
		}
	}
	return false
}
