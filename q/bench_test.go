package q_test

import (
	"context"
	"testing"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q"
)

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		if err := q.New(q.Options{Sys: newSealed("/")}).Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// benchEval runs setup once and expr b.N times.
func benchEval(b *testing.B, setup, expr string) {
	ctx := context.Background()
	e := q.New(q.Options{Sys: newSealed("/")})
	defer e.Close()
	if _, err := e.Eval(ctx, setup); err != nil {
		b.Fatal(err)
	}
	if err := e.Set("n", kdb.Long(b.N)); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	b.ReportAllocs()
	if _, err := e.Eval(ctx, "{do[n;"+expr+"]}[]"); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkLambdaCall(b *testing.B) { benchEval(b, "f:{[t;x]t+x}", "f[1;2]") }
func BenchmarkScalarLoop(b *testing.B) { benchEval(b, "i:0", "i+:1") }
func BenchmarkInsert(b *testing.B) {
	benchEval(b, "t:([]time:`timespan$();sym:`g#`symbol$();price:`float$());upd:{[t;x]t insert x}", "upd[`t;(0D;`a;1f)]")
}
func BenchmarkAmend(b *testing.B) { benchEval(b, "v:1000#0", "v[7]+:1") }

// BenchmarkUpd calls upd a million times, a row each, on a table of 10 million
// rows with g#sym, and reads each row back. held/data is how many bytes the
// engine holds in the end for each byte of the columns and of the index.
func BenchmarkUpd(b *testing.B) {
	ctx := context.Background()
	for b.Loop() {
		e := q.New(q.Options{Sys: newSealed("/")})
		eval := func(line string) kdb.Value {
			v, err := e.Eval(ctx, line)
			if err != nil {
				b.Fatal(err)
			}
			return v
		}
		b.StopTimer()
		eval("n:10000000;t:([]time:0D00:00:00.000001*til n;sym:n?`$\"S\",/:string til 500;price:n?100f;size:n?1000)")
		eval("t:update `g#sym from t;upd:{[t;x]t insert x}")
		b.StartTimer()
		eval("{do[1000000;upd[`t;(0D01;`S7;1.5;7)];if[7<>t[`size;-1+count t];'lost]]}[]")
		b.StopTimer()
		eval(".Q.gc[]")
		held := eval(".Q.w[]`used").(kdb.Long)
		b.ReportMetric(float64(held)/(11e6*(8+4+8+8+8)), "held/data")
		b.StartTimer()
		if err := e.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
