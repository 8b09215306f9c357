package q_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q"
)

func Example() {
	ctx := context.Background()
	e := q.New(q.Options{Threads: 2, MemoryLimit: 1 << 30, Timeout: time.Minute})
	defer e.Close()
	e.Register(".my.twice", func(x kdb.Long) kdb.Long { return 2 * x })
	v, err := e.Eval(ctx, "sum .my.twice each til 10")
	fmt.Println(v, err)
	err = e.Script(ctx, "t:([]sym:`a`b`a;size:1 2 3)\nupd:{x insert y}\n", "schema.q")
	fmt.Println(err)
	_, err = e.Call(ctx, "upd", kdb.Sym("t"), kdb.NewList(kdb.Sym("b"), kdb.Long(4)))
	fmt.Println(err)
	text, err := e.Show(ctx, "exec sum size by sym from t")
	fmt.Print(text)
	var total struct {
		N int64 `kdb:"n"`
	}
	if v, err = e.Eval(ctx, "first select n:sum size from t"); err == nil {
		err = kdb.To(v, &total)
	}
	fmt.Println(total.N, err)
	// Output:
	// 90 <nil>
	// <nil>
	// <nil>
	// a| 4
	// b| 6
	// 10 <nil>
}

func ExampleEngine_Eval_errors() {
	e := q.New(q.Options{})
	defer e.Close()
	_, err := e.Eval(context.Background(), "{x+`a}3")
	var qe *q.Error
	if errors.As(err, &qe) {
		fmt.Println(qe.Msg)
		fmt.Print(qe.Format())
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	_, err = e.Eval(ctx, "while[1b;]")
	fmt.Println(err)
	// Output:
	// type
	// 'type
	//   [1]  {x+`a}
	//          ^
	// stop
}
