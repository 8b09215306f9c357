package storetest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quoinhq/quoin/internal/store"
)

// account is about what an API call reads and writes: some fields of text.
type account struct {
	Name, Owner, ARN, Role string
	Tags                   map[string]string
	Created                time.Time
}

var accounts = store.Table[account]{Kind: "account"}

const benchAccounts = 10000

func accountKey(i int) string { return fmt.Sprintf("env%05d/user-%06d", i%10, i%benchAccounts) }

func newAccount(i int) *account {
	return &account{
		Name:    fmt.Sprintf("user-%06d", i),
		Owner:   "arn:aws:iam::123456789012:user/owner",
		ARN:     fmt.Sprintf("arn:aws:finspace:us-east-1:123456789012:kxEnvironment/env%05d/kxUser/user-%06d", i%10, i),
		Role:    "arn:aws:iam::123456789012:role/reader",
		Tags:    map[string]string{"team": "rates"},
		Created: time.Unix(1700000000, 0),
	}
}

// Bench measures the backend: updates, each of three reads and three writes
// (the record, its idempotency row, its audit row) by 1, 16 and 128
// goroutines, and reads of hot records.
func Bench(b *testing.B, open Open) {
	st := open(b, b.TempDir(), time.Now)
	defer func() {
		if err := st.Close(); err != nil {
			b.Error(err)
		}
	}()
	if err := st.Update(b.Context(), func(tx store.Tx) error {
		for i := range benchAccounts {
			if err := accounts.Put(tx, accountKey(i), newAccount(i)); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		b.Fatal(err)
	}
	var serial atomic.Int64
	for _, n := range []int{1, 16, 128} {
		b.Run(fmt.Sprintf("Update-%d", n), func(b *testing.B) {
			spread(b, n, func(int) error { return benchUpdate(b, st, int(serial.Add(1))) })
		})
	}
	for _, n := range []int{1, 16} {
		b.Run(fmt.Sprintf("Get-%d", n), func(b *testing.B) {
			spread(b, n, func(i int) error {
				return st.View(b.Context(), func(tx store.Tx) error {
					_, err := accounts.Get(tx, accountKey(i%1000))
					return err
				})
			})
		})
		b.Run(fmt.Sprintf("Peek-%d", n), func(b *testing.B) {
			spread(b, n, func(i int) error {
				return st.View(b.Context(), func(tx store.Tx) error {
					_, err := accounts.Peek(tx, accountKey(i%1000))
					return err
				})
			})
		})
	}
	b.Run("GetWhileWriting-16", func(b *testing.B) {
		stop := make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := benchUpdate(b, st, int(serial.Add(1))); err != nil {
					b.Error(err)
					return
				}
			}
		})
		spread(b, 16, func(i int) error {
			return st.View(b.Context(), func(tx store.Tx) error {
				_, err := accounts.Peek(tx, accountKey(i*7))
				return err
			})
		})
		close(stop)
		wg.Wait()
	})
	b.Run("List-100", func(b *testing.B) {
		b.ReportAllocs()
		for i := range b.N {
			if err := st.View(b.Context(), func(tx store.Tx) error {
				for _, err := range accounts.List(tx, store.Query{Prefix: accountKey(i)[:9], Limit: 100}) {
					if err != nil {
						return err
					}
				}
				return nil
			}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Count-1000", func(b *testing.B) {
		b.ReportAllocs()
		for i := range b.N {
			if err := st.View(b.Context(), func(tx store.Tx) error {
				n, err := tx.Count("account", accountKey(i)[:9])
				if err == nil && n != benchAccounts/10 {
					err = fmt.Errorf("counted %d", n)
				}
				return err
			}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func benchUpdate(b *testing.B, st store.Store, i int) error {
	key := accountKey(i * 7919)
	token := fmt.Sprintf("arn:aws:iam::123456789012:user/owner/UpdateKxUser/token-%09d", i*7919%1000003)
	return st.Update(b.Context(), func(tx store.Tx) error {
		if _, err := accounts.Peek(tx, "env00000/user-000000"); err != nil { // the environment, say
			return err
		}
		if _, err := tx.Get("idempotency", token); err == nil {
			return fmt.Errorf("token %s met before", token)
		}
		a, err := accounts.Get(tx, key)
		if err != nil {
			return err
		}
		a.Role = fmt.Sprintf("arn:aws:iam::123456789012:role/writer-%d", i)
		if err := accounts.Put(tx, key, a); err != nil {
			return err
		}
		if err := tx.Put("idempotency", fmt.Sprint(token, i), []byte(a.ARN), tx.Now().Add(10*time.Minute)); err != nil {
			return err
		}
		return tx.Put("audit", fmt.Sprintf("%020d", i), []byte(a.ARN+a.ARN), time.Time{})
	})
}

// spread runs b.N calls of fn in n goroutines.
func spread(b *testing.B, n int, fn func(i int) error) {
	b.ReportAllocs()
	var next atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
	for range n {
		wg.Go(func() {
			for {
				i := next.Add(1)
				if i > int64(b.N) {
					return
				}
				if err := fn(int(i)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
}
