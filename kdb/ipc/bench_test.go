package ipc_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/ipc"
)

// trades returns a trade table of n rows with 1000 different symbols.
func trades(n int) *kdb.Table {
	time, sym := make([]kdb.Timestamp, n), make([]kdb.Symbol, n)
	price, size := make([]kdb.Float, n), make([]kdb.Long, n)
	names := make([]kdb.Symbol, 1000)
	for i := range names {
		names[i] = kdb.Sym(fmt.Sprintf("S%d", i))
	}
	for i := range n {
		time[i] = kdb.Timestamp(i) * 1000
		sym[i] = names[i*7919%1000]
		price[i] = kdb.Float(i%1000) / 8
		size[i] = kdb.Long(i % 500)
	}
	return table(kdb.NoAttr, "time", kdb.NewVec(time), "sym", kdb.NewVec(sym), "price", kdb.NewVec(price), "size", kdb.NewVec(size))
}

// samples are what the benchmarks encode and decode.
func samples() map[string]kdb.Value {
	t := trades(1_000_000)
	return map[string]kdb.Value{"table": t, "longs": t.Cols[3], "symbols": t.Cols[1], "row": rowUpdate(1 << 40), "update": ipc.Call("upd", kdb.Sym("trade"), trades(1)),
		"long": kdb.Long(1000)}
}

// rowUpdate is what a feed sends for one trade.
func rowUpdate(i int) kdb.Value {
	row := kdb.NewList(kdb.Timestamp(i)*1000, kdb.Sym("IBM"), kdb.Float(i%1000)/8, kdb.Long(300+i%500))
	return ipc.Call("upd", kdb.Sym("trade"), row)
}

func BenchmarkMarshal(b *testing.B) {
	eachSample(b, func(v kdb.Value, _ []byte) error {
		_, err := ipc.Marshal(v)
		return err
	})
}

func BenchmarkUnmarshal(b *testing.B) {
	eachSample(b, func(_ kdb.Value, m []byte) error {
		_, err := ipc.Unmarshal(m)
		return err
	})
}

func eachSample(b *testing.B, f func(v kdb.Value, message []byte) error) {
	for name, v := range samples() {
		m, err := ipc.Marshal(v)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(m)))
			b.ReportAllocs()
			for b.Loop() {
				if err := f(v, m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCompress(b *testing.B) {
	m := trades(100_000)
	plain, err := ipc.Marshal(m)
	if err != nil {
		b.Fatal(err)
	}
	packed, err := ipc.MarshalCompressed(m)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("compress", func(b *testing.B) {
		b.SetBytes(int64(len(plain)))
		for b.Loop() {
			if _, err := ipc.MarshalCompressed(m); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("decompress", func(b *testing.B) {
		if packed[2] != 1 {
			b.Skip("the table does not halve")
		}
		b.SetBytes(int64(len(plain)))
		for b.Loop() {
			if _, err := ipc.Unmarshal(packed); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkFanOut publishes one update to subscribers, encoded once.
func BenchmarkFanOut(b *testing.B) {
	s := &ipc.Server{Handler: func(ctx context.Context, c *ipc.Conn) {
		for {
			if _, err := c.Receive(ctx); err != nil {
				return
			}
		}
	}}
	addr := start(b, s, "tcp", "127.0.0.1:0")
	conns := make([]*ipc.Conn, 10)
	for i := range conns {
		conns[i] = dial(b, new(ipc.Dialer), addr)
	}
	update := ipc.Call("upd", kdb.Sym("trade"), trades(100))
	b.ReportAllocs()
	for b.Loop() {
		e, err := ipc.Encode(update)
		if err != nil {
			b.Fatal(err)
		}
		for _, c := range conns {
			if err := c.AsyncEncoded(b.Context(), e); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkMillionMessages sends a million small messages through a connection,
// one by one, a hundred in a write, and as requests that wait for their answers.
func BenchmarkMillionMessages(b *testing.B) {
	const n = 1_000_000
	s := &ipc.Server{Handler: func(ctx context.Context, c *ipc.Conn) {
		for got := 0; ; {
			m, err := c.Receive(ctx)
			switch {
			case err != nil:
				return
			case m.Kind == ipc.Async:
				got++
			case c.Reply(ctx, kdb.Long(got)) != nil:
				return
			}
		}
	}}
	addr := start(b, s, "tcp", "127.0.0.1:0")
	messages := make([]kdb.Value, 100)
	for i := range messages {
		messages[i] = rowUpdate(i)
	}
	each := func(name string, send func(c *ipc.Conn) error) {
		b.Run(name, func(b *testing.B) {
			c := dial(b, new(ipc.Dialer), addr)
			sent := 0
			b.ReportAllocs()
			for b.Loop() {
				if err := send(c); err != nil {
					b.Fatal(err)
				}
				sent += n
				if got, err := c.Sync(b.Context(), kdb.Nil); err != nil || name != "sync" && got != kdb.Long(sent) {
					b.Fatalf("arrived: %v, %v", got, err)
				}
			}
			b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "messages/s")
		})
	}
	each("async", func(c *ipc.Conn) error {
		for i := range n {
			if err := c.Async(b.Context(), messages[i%100]); err != nil {
				return err
			}
		}
		return nil
	})
	each("async, 100 a write", func(c *ipc.Conn) error {
		for range n / 100 {
			if err := c.Async(b.Context(), messages...); err != nil {
				return err
			}
		}
		return nil
	})
	each("sync", func(c *ipc.Conn) error {
		for i := range n {
			if _, err := c.Sync(b.Context(), messages[i%100]); err != nil {
				return err
			}
		}
		return nil
	})
}

func BenchmarkSync(b *testing.B) {
	s := &ipc.Server{Handler: ipc.Answer(echo)}
	c := dial(b, new(ipc.Dialer), start(b, s, "tcp", "127.0.0.1:0"))
	var took []time.Duration
	b.ReportAllocs()
	for b.Loop() {
		t := time.Now()
		if _, err := c.Sync(b.Context(), kdb.Long(7)); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(t))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Nanoseconds())/1e3, "median-µs")
}
