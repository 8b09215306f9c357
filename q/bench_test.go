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
