package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/quoinhq/quoin/internal/datadir"
	"github.com/quoinhq/quoin/internal/sigv4"
)

// load drives one environment of a server.
type load struct {
	host  string
	floor string // host of a server that does nothing
	keys  datadir.Credentials
	env   string
	roles [2]string
	users int
}

// newLoad makes an environment and two roles.
func newLoad(dir *datadir.Dir) (*load, error) {
	endpoint, err := dir.Endpoint()
	if err != nil {
		return nil, err
	}
	keys, err := dir.Credentials()
	if err != nil {
		return nil, err
	}
	l := &load{host: strings.TrimPrefix(endpoint.URL, "http://"), keys: keys}
	for i, name := range []string{"a", "b"} {
		if err := l.createRole(endpoint.URL, dir.AccountID(), name); err != nil {
			return nil, err
		}
		l.roles[i] = "arn:aws:iam::" + dir.AccountID() + ":role/" + name
	}
	c, err := l.dial(l.host)
	if err != nil {
		return nil, err
	}
	defer c.conn.Close()
	reply, err := c.call("POST", "/kx/environments", "", []byte(`{"name":"load","kmsKeyId":"arn:aws:kms:us-east-1:123456789012:key/1"}`))
	if err != nil {
		return nil, err
	}
	var made struct{ EnvironmentID string }
	if err := json.Unmarshal(reply, &made); err != nil {
		return nil, err
	}
	l.env = made.EnvironmentID
	for range 1000 {
		reply, err = c.call("GET", "/kx/environments/"+l.env, "", nil)
		if err != nil || bytes.Contains(reply, []byte(`"CREATED"`)) {
			return l, err
		}
		time.Sleep(time.Millisecond)
	}
	return nil, errors.New("the environment is never ready")
}

func (l *load) dial(host string) (*client, error) {
	return dial(host, l.keys.AccessKeyID, l.keys.SecretAccessKey)
}

// signer is the root user's key.
func (l *load) signer() sigv4.Credentials {
	return sigv4.Credentials{AccessKeyID: l.keys.AccessKeyID, SecretAccessKey: l.keys.SecretAccessKey}
}

func (l *load) createRole(endpoint, account, name string) error {
	_, err := l.iam(endpoint, "iam", l.signer(), url.Values{
		"Action": {"CreateRole"}, "RoleName": {name},
		"AssumeRolePolicyDocument": {`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + account + `"},"Action":"sts:AssumeRole"}}`},
	})
	return err
}

// iam calls an operation of iam or sts and returns the reply's XML.
func (l *load) iam(endpoint, service string, keys sigv4.Credentials, params url.Values) (reply string, err error) {
	params.Set("Version", map[string]string{"iam": "2010-05-08", "sts": "2011-06-15"}[service])
	form := params.Encode()
	r, err := http.NewRequest(http.MethodPost, endpoint+"/", strings.NewReader(form))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if err := sigv4.Sign(r, keys, "us-east-1", service, sigv4.HashBody([]byte(form)), time.Now()); err != nil {
		return "", err
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", params.Get("Action"), res.Status)
	}
	return string(body), err
}

// keysIn finds the credentials in a reply of iam or sts.
func keysIn(reply string) sigv4.Credentials {
	in := func(tag string) string {
		_, rest, _ := strings.Cut(reply, "<"+tag+">")
		value, _, _ := strings.Cut(rest, "<")
		return value
	}
	return sigv4.Credentials{AccessKeyID: in("AccessKeyId"), SecretAccessKey: in("SecretAccessKey"), SessionToken: in("SessionToken")}
}

func user(i int) string { return fmt.Sprintf("user-%06d", i) }

func (l *load) path() string { return "/kx/environments/" + l.env + "/users" }

// fill makes the users, with 64 connections, and returns how many a second.
func (l *load) fill(n int) (perSecond float64, err error) {
	began := time.Now()
	var next atomic.Int64
	err = l.parallel(l.host, 64, func(c *client, _ int) error {
		for {
			i := int(next.Add(1)) - 1
			if i >= n {
				return nil
			}
			body := fmt.Sprintf(`{"userName":%q,"iamRole":%q,"clientToken":"make-%d"}`, user(i), l.roles[0], i)
			if _, err := c.call("POST", l.path(), "", []byte(body)); err != nil {
				return err
			}
		}
	})
	l.users = n
	return float64(n) / time.Since(began).Seconds(), err
}

// parallel runs work on n connections at once.
func (l *load) parallel(host string, n int, work func(c *client, i int) error) error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			c, err := l.dial(host)
			if err != nil {
				errs[i] = err
				return
			}
			defer c.conn.Close()
			errs[i] = work(c, i)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// result is the times of all requests of a run.
type result struct {
	times  []time.Duration
	length time.Duration
}

func (r *result) perSecond() float64 { return float64(len(r.times)) / r.length.Seconds() }

// at is the time in ms that a share of the requests took at most.
func (r *result) at(share float64) float64 {
	slices.Sort(r.times) // quick when they are sorted
	return float64(r.times[min(int(share*float64(len(r.times))), len(r.times)-1)].Microseconds()) / 1000
}

func (r *result) print(op string, conns int, cpu time.Duration) {
	fmt.Printf("| %s | %d | %.0f | %.2f | %.2f | %.2f | %.0f |\n", op, conns, r.perSecond(), r.at(.5), r.at(.99), r.at(1), float64(cpu.Microseconds())/float64(len(r.times)))
}

// run calls an operation on random users for a time. With a rate of 0 each
// connection sends as soon as it has its reply; else requests begin at that
// rate overall, and a reply's time counts from when its request was due.
func (l *load) run(op string, conns int, length time.Duration, rate float64) (*result, error) {
	stamp := time.Now().UnixNano()
	host := l.host
	if op == opFloor {
		host = l.floor
	}
	return l.drive(host, conns, length, rate, func(c *client, rng *rand.Rand, i, n int) error {
		name := user(rng.IntN(l.users))
		if op != "UpdateKxUser" {
			_, err := c.call("GET", l.path()+"/"+name, "", nil)
			return err
		}
		body := fmt.Sprintf(`{"iamRole":%q,"clientToken":"%d-%d-%d"}`, l.roles[n&1], stamp%1e9, i, n)
		_, err := c.call("PUT", l.path()+"/"+name, "", []byte(body))
		return err
	})
}

// drive has connections send for a time, each its n-th request, as run does.
func (l *load) drive(host string, conns int, length time.Duration, rate float64, send func(c *client, rng *rand.Rand, conn, n int) error) (*result, error) {
	times := make([][]time.Duration, conns)
	began := time.Now()
	stamp := began.UnixNano()
	err := l.parallel(host, conns, func(c *client, i int) error {
		rng := rand.New(rand.NewPCG(uint64(stamp), uint64(i)))
		for n := 0; ; n++ {
			due := time.Now()
			if rate > 0 {
				due = began.Add(time.Duration((float64(n)*float64(conns) + float64(i)) / rate * float64(time.Second)))
				time.Sleep(time.Until(due))
			}
			if time.Since(began) > length {
				return nil
			}
			if err := send(c, rng, i, n); err != nil {
				return err
			}
			times[i] = append(times[i], time.Since(due))
		}
	})
	return &result{slices.Concat(times...), time.Since(began)}, err
}

// list goes through all users page by page.
func (l *load) list() (pages int, took time.Duration, err error) {
	c, err := l.dial(l.host)
	if err != nil {
		return 0, 0, err
	}
	defer c.conn.Close()
	began, seen, query := time.Now(), 0, "maxResults=100"
	for {
		reply, err := c.call("GET", l.path(), query, nil)
		if err != nil {
			return 0, 0, err
		}
		var page struct {
			Users     []struct{}
			NextToken string
		}
		if err := json.Unmarshal(reply, &page); err != nil {
			return 0, 0, err
		}
		pages, seen = pages+1, seen+len(page.Users)
		if page.NextToken == "" {
			break
		}
		query = "maxResults=100&nextToken=" + url.QueryEscape(page.NextToken)
	}
	if seen != l.users {
		return 0, 0, fmt.Errorf("%d users listed of %d", seen, l.users)
	}
	return pages, time.Since(began), nil
}
