package q

import (
	"fmt"
	"reflect"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/eval"
)

// Register makes a Go function callable from q by a global name such as
// ".my.twice". Its parameters and result are kdb values: kdb.Value itself or a
// concrete type such as kdb.Long or *kdb.Table, which is checked ('type); a
// second result may be an error, whose text q sees. A function that returns
// nothing gives the generic null. Register panics for a function of another
// form, which is a mistake of the program.
func (e *Engine) Register(name string, fn any) {
	v := reflect.ValueOf(fn)
	t := v.Type()
	if t.Kind() != reflect.Func || t.IsVariadic() || t.NumOut() > 2 {
		panic(fmt.Sprintf("q: cannot register %T", fn))
	}
	valueType := reflect.TypeFor[kdb.Value]()
	for i := range t.NumIn() {
		if !t.In(i).Implements(valueType) {
			panic(fmt.Sprintf("q: parameter %d of %T is no kdb value", i, fn))
		}
	}
	f := &eval.GoFunc{Name: name, Rank: t.NumIn(), F: func(_ *eval.Call, args []kdb.Value) (kdb.Value, error) {
		in := make([]reflect.Value, t.NumIn())
		for i := range in {
			a := reflect.ValueOf(args[i])
			if !a.Type().AssignableTo(t.In(i)) {
				return nil, kdb.Error("type")
			}
			in[i] = a
		}
		return results(v.Call(in))
	}}
	if err := e.Set(name, f); err != nil {
		panic(fmt.Sprintf("q: cannot register %s: %v", name, err))
	}
}

func results(out []reflect.Value) (kdb.Value, error) {
	var r kdb.Value = kdb.Nil
	for _, o := range out {
		switch x := o.Interface().(type) {
		case error:
			if v, ok := x.(kdb.Value); !ok || len(out) == 2 {
				return nil, x
			} else {
				return nil, v.(error)
			}
		case kdb.Value:
			r = x
		}
	}
	return r, nil
}
