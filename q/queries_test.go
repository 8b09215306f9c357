package q_test

import (
	"context"
	"testing"

	"github.com/quoinhq/quoin/q"
	"github.com/quoinhq/quoin/q/internal/measure"
)

// BenchmarkQueries measures queries other than those of tick data: several
// keys, many groups, texts, joins and sorts of a table of a million rows.
func BenchmarkQueries(b *testing.B) {
	ctx := context.Background()
	e := q.New(q.Options{Sys: newSealed("/"), Threads: 2})
	defer e.Close()
	for _, line := range []string{
		"n:1000000",
		"ids:`$\"ID\",/:string til n",
		"t:([]time:asc n?24:00:00.000000000;sym:n?`$\"S\",/:string til 500;ex:n?`A`B`C`D`E;price:n?100f;size:n?1000;id:n?ids)",
		"u:([]time:asc n?24:00:00.000000000;sym:n?`$\"S\",/:string til 500;ex:n?`A`B`C`D`E;bid:n?100f)",
		"p:update `p#sym from `sym`time xasc u",
		"s:`sym`time xasc t",
		"w:s[`time]+/:-60000000000 0",
		"ki:([id:ids]v:til n)",
		"m:n?1000000000;f:100000?1000000000",
		"lists:select price,size by id from t",
	} {
		if _, err := e.Eval(ctx, line); err != nil {
			b.Fatalf("%s: %v", line, err)
		}
	}
	for _, c := range []struct{ name, expr string }{
		{"by3", "select sum size,last price by sym,ex,5 xbar time.minute from t"},
		{"bymany", "select max size,first price,last price by id from t"},
		{"bymedian", "select med price by sym from t"},
		{"bylambda", "select {sum x*y}[price;size] by sym from t"},
		{"bymanylambda", "select {max[x]-min x}price by id from t"},
		{"fby", "select from t where size>(avg;size)fby([]sym;ex)"},
		{"updateby", "update cs:sums size by sym from t"},
		{"updatebymany", "update p:deltas price by id from t"},
		{"distinctrows", "distinct t"},
		{"distinctfloats", "distinct t`price"},
		{"groupsymbols", "group t`id"},
		{"groupfloats", "group t`price"},
		{"countdistinct", "select count distinct id by sym from t"},
		{"in", "m in f"},
		{"find", "ids?t`id"},
		{"bin", "t[`time]bin u`time"},
		{"like", "select from t where id like \"*99*\""},
		{"strings", "string t`id"},
		{"ascfloats", "asc t`price"},
		{"ascsymbols", "asc t`id"},
		{"xasc", "`sym`price xasc t"},
		{"lj", "t lj ki"},
		{"uj", "t uj u"},
		{"ej", "ej[`sym;1000#t;u]"},
		{"aj3", "aj[`sym`ex`time;t;u]"},
		{"wj", "wj[w;`sym`time;s;(p;(max;`bid);(avg;`bid))]"},
		{"wj1", "wj1[w;`sym`time;s;(p;(max;`bid);(min;`bid))]"},
		{"ungroup", "ungroup lists"},
		{"upsert", "(0#ki)upsert select id,v:size from t"},
		{"serialise", "-9!-8!t"},
	} {
		b.Run(c.name, func(b *testing.B) {
			defer measure.CPU(b)()
			for b.Loop() {
				if _, err := e.Eval(ctx, c.expr); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
