package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/datadir"
)

// readable is how many databases there are, how many changesets one of them
// has, and how many dataviews.
const readable = 100

// measureReads measures the operations that read databases, changesets and
// dataviews: while nothing else is done, and while two databases are filled,
// objects and all.
func measureReads(length time.Duration, profile string) error {
	return onServer(profile, func(t *target, _ string, _ time.Duration) error { return t.measureReads(length) })
}

func (t *target) measureReads(length time.Duration) error {
	r, err := newReads(t.dir)
	if err != nil {
		return err
	}
	fmt.Println("| operation, 16 connections | alone: requests/s | p50 ms | p99 ms | while imports run: requests/s | p50 ms | p99 ms |\n|---|---:|---:|---:|---:|---:|---:|")
	alone := map[string]*result{}
	for _, op := range r.operations() {
		if alone[op.name], err = r.measure(op, length); err != nil {
			return err
		}
	}
	files, changesets, err := r.meanwhile(func() error {
		for _, op := range r.operations() {
			busy, err := r.measure(op, length)
			if err != nil {
				return err
			}
			a := alone[op.name]
			fmt.Printf("| %s | %.0f | %.1f | %.1f | %.0f | %.1f | %.1f |\n", op.name,
				a.perSecond(), a.at(.5), a.at(.99), busy.perSecond(), busy.at(.5), busy.at(.99))
		}
		return nil
	})
	if err != nil {
		return err
	}
	now, peak := t.resident()
	fmt.Printf("\nMeanwhile %d files of 50 kB were put and imported in %d changesets. Resident memory: %d MiB (highest: %d MiB).\n", files, changesets, now, peak)
	return nil
}

// reads is an environment with something to read.
type reads struct {
	*data
	load
	changesets []string
}

type read struct {
	name        string
	path, query func(i int) string // of one of so many readable things
}

func newReads(dir *datadir.Dir) (*reads, error) {
	d, err := newData(dir)
	if err != nil {
		return nil, err
	}
	keys, err := dir.Credentials()
	if err != nil {
		return nil, err
	}
	r := &reads{data: d, load: load{host: strings.TrimPrefix(d.url, "http://"), keys: keys, env: d.env}}
	if err := d.put("small", readable, 1, 100); err != nil {
		return nil, err
	}
	for i := range readable {
		if _, err := d.api.CreateKxDatabase(d.ctx, &finspace.CreateKxDatabaseInput{EnvironmentId: &d.env, DatabaseName: new(numbered("database", i))}); err != nil {
			return nil, err
		}
		if err := d.changeset(fmt.Sprintf("s3://data/small/p%06d/", i), "/"); err != nil {
			return nil, err
		}
		r.changesets = append(r.changesets, d.last)
		if err := d.show(numbered("view", i)); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func numbered(what string, i int) string { return fmt.Sprintf("%s%03d", what, i) }

func (r *reads) operations() []read {
	databases := "/kx/environments/" + r.data.env + "/databases"
	hist := databases + "/" + databaseName
	at := func(path string) func(int) string { return func(int) string { return path } }
	none, hundred := at(""), at("maxResults=100")
	return []read{
		{"GetKxDatabase", func(i int) string { return databases + "/" + numbered("database", i) }, none},
		{"GetKxChangeset", func(i int) string { return hist + "/changesets/" + r.changesets[i] }, none},
		{"GetKxDataview", func(i int) string { return hist + "/dataviews/" + numbered("view", i) }, none},
		{"ListKxDatabases, pages of 100", at(databases), hundred},
		{"ListKxChangesets, pages of 100", at(hist + "/changesets"), hundred},
		{"ListKxDataviews, pages of 100", at(hist + "/dataviews"), hundred},
	}
}

func (r *reads) measure(op read, length time.Duration) (*result, error) {
	return r.drive(r.host, 16, length, 0, func(c *client, rng *rand.Rand, _, _ int) error {
		i := rng.IntN(readable)
		_, err := c.call("GET", op.path(i), op.query(i), nil)
		return err
	})
}

// meanwhile fills two databases while do runs, and says with how much.
func (r *reads) meanwhile(do func() error) (files, changesets int64, err error) {
	const batch = 200
	var over atomic.Bool
	var put, made atomic.Int64
	var wg sync.WaitGroup
	errs := make([]error, 2)
	for w := range errs {
		wg.Go(func() {
			db := numbered("database", w)
			for n := 0; !over.Load() && errs[w] == nil; n++ {
				prefix := fmt.Sprintf("load%d-%d", w, n)
				if errs[w] = r.put(prefix, batch, 20, 50_000); errs[w] == nil {
					_, errs[w] = r.change(db, "s3://data/"+prefix+"/", fmt.Sprintf("/d%d/", n))
				}
				put.Add(batch)
				made.Add(1)
			}
		})
	}
	err = do()
	over.Store(true)
	wg.Wait()
	for _, e := range errs {
		if err == nil {
			err = e
		}
	}
	return put.Load(), made.Load(), err
}
