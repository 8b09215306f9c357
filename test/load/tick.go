package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/connect"
	"github.com/quoinhq/quoin/internal/demo"
	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/ipc"
)

// batchRows is how many rows a feed sends at a time.
const batchRows = 100

// ticker drives the application of examples/tick on a server of its own.
type ticker struct {
	*target
	sessions map[string]*connect.Session // by cluster
	sent     int                         // trades
}

// measureTick measures the tick application: what a real-time subscriber sees
// and how soon, at a tenth of a rate of rows and at the rate, and the end of a
// day of so many rows while queries go on.
func measureTick(rate, day int, seconds float64, profile string) (err error) {
	dir, err := os.MkdirTemp("", "quoin-load-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	engine := filepath.Join(dir, "quoin")
	if out, err := exec.Command("go", "build", "-o", engine, "./cmd/quoin").CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	t, _, err := start(filepath.Join(dir, "data"), profile, "-engine", engine)
	if err != nil {
		return err
	}
	defer func() {
		if stopErr := t.stop(); err == nil {
			err = stopErr
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	k := &ticker{target: t, sessions: map[string]*connect.Session{}}
	if err := k.up(ctx); err != nil {
		return err
	}
	defer k.down()
	fmt.Println("| rows/s | batches of | s | rows in the RDB and the RTS after the last was due | p50 ms | p99 ms | max ms | CPU seconds: tickerplant, RDB, RTS, server |")
	fmt.Println("|---:|---:|---:|---:|---:|---:|---:|---|")
	for _, r := range []int{rate / 10, rate} {
		if err := k.stream(ctx, r, int(float64(r)*seconds)/batchRows); err != nil {
			return err
		}
	}
	if more := (day - k.sent) / batchRows; more > 0 {
		if err := k.send(ctx, rate, more); err != nil {
			return err
		}
	}
	return k.endOfDay(ctx)
}

// up brings the application up and connects to its clusters.
func (k *ticker) up(ctx context.Context) error {
	endpoint, err := k.dir.Endpoint()
	if err != nil {
		return err
	}
	keys, err := k.dir.Credentials()
	if err != nil {
		return err
	}
	cfg := finspace.Config{
		Endpoint: endpoint.URL, Region: endpoint.Region, PollInterval: 20 * time.Millisecond,
		Credentials: finspace.StaticCredentials{AccessKeyID: keys.AccessKeyID, SecretAccessKey: keys.SecretAccessKey},
	}
	began := time.Now()
	estate, err := demo.Up(ctx, cfg, k.dir.AccountID(), func(string) func() { return func() {} })
	if err != nil {
		return err
	}
	fmt.Printf("The application is up after %.1f s.\n\n", time.Since(began).Seconds())
	for _, name := range []string{"feed", "tickerplant", "rdb", "rts", "hdb", "gateway"} {
		s, err := connect.Open(ctx, cfg, connect.Target{Environment: estate.Environment, Cluster: name, User: demo.User})
		if err != nil {
			return err
		}
		k.sessions[name] = s
	}
	if _, err := k.sessions["feed"].Eval(ctx, "start 0"); err != nil {
		return err
	}
	k.sent, err = k.long(ctx, "rdb", "count trade")
	// What the feed sent has come; from now on the RTS writes down when a batch
	// is in, less when it was due, which is the price of its last row.
	return errors.Join(err, k.eval(ctx, "rts", "lat:0#0Nn;got:0;upd0:upd;upd:{[t;x]upd0[t;x];if[t=`trade;got+:count x;lat,:.z.N-`timespan$last x`price]}"))
}

func (k *ticker) down() {
	for _, s := range k.sessions {
		s.Close()
	}
}

func (k *ticker) eval(ctx context.Context, cluster, code string) error {
	_, err := k.sessions[cluster].Eval(ctx, code)
	return err
}

func (k *ticker) long(ctx context.Context, cluster, code string) (n int, err error) {
	v, err := k.sessions[cluster].Eval(ctx, code)
	if err == nil {
		err = kdb.To(v, &n)
	}
	return n, err
}

// send sends batches to the tickerplant, each when it is due.
func (k *ticker) send(ctx context.Context, rate, batches int) error {
	conn, err := k.sessions["tickerplant"].Dial(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	names := make([]kdb.Symbol, 500)
	for i := range names {
		names[i] = kdb.Sym(fmt.Sprintf("S%03d", i))
	}
	syms, prices, sizes := kdb.Syms(make([]string, batchRows)...), &kdb.Floats{V: make([]kdb.Float, batchRows)}, &kdb.Longs{V: make([]kdb.Long, batchRows)}
	message := ipc.Call("upd", kdb.Sym("trade"), kdb.NewList(syms, prices, sizes))
	rng := rand.New(rand.NewPCG(1, uint64(k.sent)))
	began := time.Now()
	for i := range batches {
		due := began.Add(time.Duration(float64(i) * batchRows / float64(rate) * float64(time.Second)))
		if ahead := time.Until(due); ahead > 0 {
			time.Sleep(ahead)
		}
		for j := range batchRows {
			syms.V[j] = names[rng.IntN(len(names))]
			prices.V[j] = kdb.Float(50 + 100*rng.Float64())
			sizes.V[j] = kdb.Long(1 + rng.Int64N(1000))
		}
		prices.V[batchRows-1] = kdb.Float(sinceMidnight(due))
		if err := conn.Async(ctx, message); err != nil {
			return err
		}
	}
	k.sent += batches * batchRows
	_, err = conn.Sync(ctx, kdb.Str("")) // the tickerplant has taken them all
	return err
}

// sinceMidnight is the time as q's .z.N has it.
func sinceMidnight(t time.Time) time.Duration {
	return t.Sub(t.UTC().Truncate(24 * time.Hour))
}

// stream sends batches at a rate and prints how they came through.
func (k *ticker) stream(ctx context.Context, rate, batches int) error {
	if err := k.eval(ctx, "rts", "lat:0#0Nn;got:0"); err != nil {
		return err
	}
	before, err := k.cpus(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	due := time.Duration(float64(batches*batchRows) / float64(rate) * float64(time.Second))
	if err := k.send(ctx, rate, batches); err != nil {
		return err
	}
	var late [2]time.Duration
	var errs [2]error
	var wg sync.WaitGroup
	for i, at := range []struct {
		cluster, code string
		want          int
	}{{"rdb", "count trade", k.sent}, {"rts", "got", batches * batchRows}} {
		wg.Go(func() {
			for n := 0; n < at.want && errs[i] == nil; {
				if n, errs[i] = k.long(ctx, at.cluster, at.code); n > at.want {
					errs[i] = fmt.Errorf("%s has %d rows of %d", at.cluster, n, at.want)
				}
			}
			late[i] = time.Since(began) - due
		})
	}
	wg.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		return err
	}
	after, err := k.cpus(ctx)
	if err != nil {
		return err
	}
	v, err := k.sessions["rts"].Eval(ctx, "1e-6*`float$(asc lat)\"j\"$(count[lat]-1)*.5 .99 1")
	if err != nil {
		return err
	}
	var lat []float64
	if err := kdb.To(v, &lat); err != nil {
		return err
	}
	fmt.Printf("| %d | %d | %.0f | %.0f ms, %.0f ms | %.2f | %.2f | %.2f |", rate, batchRows, due.Seconds(), late[0].Seconds()*1000, late[1].Seconds()*1000, lat[0], lat[1], lat[2])
	for i := range after {
		fmt.Printf(" %.1f", (after[i] - before[i]).Seconds())
	}
	fmt.Println(" |")
	return nil
}

// cpus is the CPU time that processes have had.
func (k *ticker) cpus(ctx context.Context) ([]time.Duration, error) {
	var all []time.Duration
	for _, cluster := range []string{"tickerplant", "rdb", "rts"} {
		pid, err := k.long(ctx, cluster, ".z.i")
		if err != nil {
			return nil, err
		}
		all = append(all, cpuOf(pid))
	}
	return append(all, k.cpu()), nil
}

// endOfDay ends the day while queries go on, and prints how long it took and
// how long they did.
func (k *ticker) endOfDay(ctx context.Context) error {
	rows, err := k.long(ctx, "rdb", "count trade")
	if err != nil {
		return err
	}
	day, err := k.sessions["tickerplant"].Eval(ctx, "string .tp.day")
	if err != nil {
		return err
	}
	name, _ := kdb.Text(day)
	queries := []struct{ cluster, code string }{
		{"hdb", "exec count i by date from trade"},
		{"hdb", "select last price by sym from trade where date=max date"},
		{"gateway", "counts[]"},
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	longest := make([]time.Duration, len(queries))
	asked := make([]int, len(queries))
	errs := make([]error, len(queries))
	var wg sync.WaitGroup
	over := make(chan struct{})
	for i, q := range queries {
		conn, err := k.sessions[q.cluster].Dial(ctx)
		if err != nil {
			return err
		}
		defer conn.Close()
		wg.Go(func() {
			for {
				select {
				case <-over:
					return
				case <-time.After(5 * time.Millisecond):
				}
				began := time.Now()
				if _, err := conn.Sync(ctx, kdb.Str(q.code)); err != nil {
					errs[i] = fmt.Errorf("%s: %w", q.code, err)
					return
				}
				longest[i], asked[i] = max(longest[i], time.Since(began)), asked[i]+1
			}
		})
	}
	began := time.Now()
	err = k.eval(ctx, "tickerplant", ".tp.endofday[]")
	var shown time.Duration
	for n := 0; n < rows && err == nil; time.Sleep(10 * time.Millisecond) {
		n, err = k.long(ctx, "hdb", "exec count i from trade where date="+name)
		shown = time.Since(began)
	}
	if err == nil {
		_, err = k.long(ctx, "rdb", "count trade") // it answers again
	}
	took := time.Since(began)
	close(over)
	wg.Wait()
	if err := errors.Join(append(errs, err)...); err != nil {
		return err
	}
	fmt.Printf("\nEnd of a day of %d trades: the HDB shows it after %.1f s, the RDB takes the next after %.1f s.\n", rows, shown.Seconds(), took.Seconds())
	for i, q := range queries {
		fmt.Printf("Meanwhile %d times `%s` on the %s: none failed, the longest took %.0f ms.\n", asked[i], q.code, q.cluster, longest[i].Seconds()*1000)
	}
	return nil
}
