package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/datadir"
	"github.com/quoinhq/quoin/internal/sigv4"
)

// measureData measures imports and dataviews: a database of so many files and
// bytes from the built-in S3, one partition more, and a view of it all.
func measureData(files int, total int64, profile string) error {
	return onServer(profile, func(t *target, dir string, _ time.Duration) error { return t.measureData(dir, files, total) })
}

func (t *target) measureData(dir string, files int, total int64) error {
	d, err := newData(t.dir)
	if err != nil {
		return err
	}
	fmt.Println("| what | time | rate | resident MiB (highest) |\n|---|---:|---:|---:|")
	bare := &disk{dir: filepath.Join(dir, "bare")}
	if err := os.Mkdir(bare.dir, 0o700); err != nil {
		return err
	}
	seconds := map[string]float64{} // of the steps, by name
	step := func(what string, n int, bytes int64, do func() error) error {
		began := time.Now()
		if err := do(); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		took := time.Since(began)
		seconds[what] = took.Seconds()
		now, peak := t.resident()
		fmt.Printf("| %s | %.2f s | %.0f files/s, %.0f MB/s | %d (%d) |\n", what, took.Seconds(),
			float64(n)/took.Seconds(), float64(bytes)/1e6/took.Seconds(), now, peak)
		return nil
	}
	const columns = 20 // files of a partition
	size := int(total / int64(files))
	sample := max(1, files/10) // what is written bare before and after
	for _, s := range []struct {
		what  string
		n     int
		bytes int64
		do    func() error
	}{
		{bareWrites + ", before", sample, int64(sample * size), func() error { return bare.write("before", sample, size) }},
		{putStep, files, total, func() error { return d.put("hist", files, columns, size) }},
		{bareWrites + ", after", sample, int64(sample * size), func() error { return bare.write("after", sample, size) }},
		{importStep, files, total, func() error { return d.changeset("s3://data/hist/", "/") }},
		{bareLinks, files, total, func() error { return bare.link("links", files, columns) }},
		{bareStream, 1, total, func() error { return bare.stream("stream", total) }},
		{"put one partition more", columns, int64(columns * size), func() error { return d.put("more", columns, columns, size) }},
		{"import it as a second changeset", columns, int64(columns * size), func() error { return d.changeset("s3://data/more/p000000/", "/q/") }},
		{"a dataview of all", files + columns, 0, d.dataview},
	} {
		if err := step(s.what, s.n, s.bytes, s.do); err != nil {
			return err
		}
	}
	writes := (seconds[bareWrites+", before"] + seconds[bareWrites+", after"]) / 2 / float64(sample) * float64(files)
	fmt.Printf("\nOf the disk's own speed: puts %.2f of bare writes, the import %.2f of bare links and %.1f of one stream of its bytes.\n",
		writes/seconds[putStep], seconds[bareLinks]/seconds[importStep], seconds[bareStream]/seconds[importStep])
	return nil
}

// Steps that are compared with one another.
const (
	putStep    = "put objects, 16 connections"
	importStep = "import them as one changeset"
	bareWrites = "the disk alone: such files, 16 at a time, each synced"
	bareLinks  = "the disk alone: as many links in as many folders, synced"
	bareStream = "the disk alone: one file of as many bytes, synced"
)

// data is a database that is filled through the API.
type data struct {
	ctx    context.Context
	api    *finspace.Client
	http   *http.Client
	url    string
	region string
	keys   sigv4.Credentials
	env    string
	last   string // changeset that completed last
}

const databaseName = "hist"

func newData(dir *datadir.Dir) (*data, error) {
	endpoint, err := dir.Endpoint()
	if err != nil {
		return nil, err
	}
	keys, err := dir.Credentials()
	if err != nil {
		return nil, err
	}
	d := &data{
		ctx: context.Background(), url: endpoint.URL, region: endpoint.Region,
		http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}},
		keys: sigv4.Credentials{AccessKeyID: keys.AccessKeyID, SecretAccessKey: keys.SecretAccessKey},
	}
	d.api, err = finspace.New(finspace.Config{
		Endpoint: d.url, Region: d.region, PollInterval: 10 * time.Millisecond,
		Credentials: finspace.StaticCredentials{AccessKeyID: keys.AccessKeyID, SecretAccessKey: keys.SecretAccessKey},
	})
	if err != nil {
		return nil, err
	}
	if err := d.object("/data", nil); err != nil {
		return nil, err
	}
	env, err := d.api.CreateKxEnvironment(d.ctx, &finspace.CreateKxEnvironmentInput{
		Name: new("load"), KmsKeyId: new("arn:aws:kms:us-east-1:123456789012:key/1"),
	})
	if err != nil {
		return nil, err
	}
	d.env = *env.EnvironmentId
	if _, err := d.api.WaitKxEnvironment(d.ctx, &finspace.GetKxEnvironmentInput{EnvironmentId: &d.env}); err != nil {
		return nil, err
	}
	_, err = d.api.CreateKxDatabase(d.ctx, &finspace.CreateKxDatabaseInput{EnvironmentId: &d.env, DatabaseName: new(databaseName)})
	return d, err
}

// object puts one object, or makes a bucket.
func (d *data) object(path string, content []byte) error {
	r, err := http.NewRequestWithContext(d.ctx, http.MethodPut, d.url+path, bytes.NewReader(content))
	if err != nil {
		return err
	}
	if err := sigv4.Sign(r, d.keys, d.region, "s3", sigv4.HashBody(content), time.Now()); err != nil {
		return err
	}
	res, err := d.http.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", res.Status, text)
	}
	return err
}

// put puts files of random content, so that none is like another.
func (d *data) put(prefix string, files, columns, size int) error {
	var next atomic.Int64
	var first error
	var once sync.Once
	var wg sync.WaitGroup
	for w := range 16 {
		wg.Go(func() {
			random := rand.NewChaCha8(sha256.Sum256(fmt.Append(nil, prefix, w)))
			content := make([]byte, size)
			for {
				i := int(next.Add(1)) - 1
				if i >= files {
					return
				}
				_, _ = random.Read(content) // never fails
				path := fmt.Sprintf("/data/%s/p%06d/trade/c%02d", prefix, i/columns, i%columns)
				if err := d.object(path, content); err != nil {
					once.Do(func() { first = err })
					next.Store(int64(files))
					return
				}
			}
		})
	}
	wg.Wait()
	return first
}

func (d *data) changeset(from, to string) (err error) {
	d.last, err = d.change(databaseName, from, to)
	return err
}

// change imports into any database, and returns the changeset.
func (d *data) change(database, from, to string) (id string, err error) {
	c, err := d.api.CreateKxChangeset(d.ctx, &finspace.CreateKxChangesetInput{
		EnvironmentId: &d.env, DatabaseName: &database,
		ChangeRequests: []finspace.ChangeRequest{{ChangeType: finspace.ChangeTypePut, S3Path: &from, DbPath: &to}},
	})
	if err != nil {
		return "", err
	}
	_, err = d.api.WaitKxChangeset(d.ctx, &finspace.GetKxChangesetInput{
		EnvironmentId: &d.env, DatabaseName: &database, ChangesetId: c.ChangesetId,
	}, finspace.ChangesetStatusCompleted)
	return *c.ChangesetId, err
}

func (d *data) dataview() error { return d.show("all") }

// show makes a dataview of the changeset that completed last.
func (d *data) show(name string) error {
	_, err := d.api.CreateKxDataview(d.ctx, &finspace.CreateKxDataviewInput{
		EnvironmentId: &d.env, DatabaseName: new(databaseName), DataviewName: &name,
		AzMode: finspace.KxAzModeSingle, AvailabilityZoneId: new("use1-az1"), ChangesetId: &d.last,
	})
	if err != nil {
		return err
	}
	_, err = d.api.WaitKxDataview(d.ctx, &finspace.GetKxDataviewInput{
		EnvironmentId: &d.env, DatabaseName: new(databaseName), DataviewName: &name,
	}, finspace.KxDataviewStatusActive)
	return err
}
