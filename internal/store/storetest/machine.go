package storetest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/quoinhq/quoin/internal/store"
)

// testMachine runs random transactions against the store and a plain map, and
// compares what they answer.
func testMachine(t *testing.T, f *fixture) {
	rapid.Check(t, func(rt *rapid.T) {
		g := &fixture{open: f.open, dir: t.TempDir(), clock: NewClock()}
		g.start(t)
		m := &machine{t: t, f: g, model: model{}}
		defer func() {
			if err := m.f.Close(); err != nil {
				rt.Errorf("close: %v", err)
			}
		}()
		rt.Repeat(map[string]func(*rapid.T){
			"update": m.update,
			"view":   m.view,
			"wait": func(rt *rapid.T) {
				g.clock.Advance(time.Duration(rapid.IntRange(1, 90).Draw(rt, "seconds")) * time.Second)
			},
			"reopen": func(rt *rapid.T) {
				if rapid.IntRange(0, 9).Draw(rt, "reopen") == 0 {
					g.reopen(t)
				}
			},
		})
	})
}

// model is what the records should be.
type model map[modelKey]modelValue

type modelKey struct {
	kind store.Kind
	key  string
}

type modelValue struct {
	value   string
	expires time.Time
}

func (m model) get(k modelKey, now time.Time) (string, bool) {
	v, ok := m[k]
	if !ok || !v.expires.IsZero() && !now.Before(v.expires) {
		return none, false
	}
	return v.value, true
}

func (m model) list(kind store.Kind, q store.Query, now time.Time) []string {
	var keys []string
	for k := range m {
		_, live := m.get(k, now)
		if !live || k.kind != kind || !strings.HasPrefix(k.key, q.Prefix) {
			continue
		}
		if q.After != "" && (!q.Reverse && k.key <= q.After || q.Reverse && k.key >= q.After) {
			continue
		}
		keys = append(keys, k.key)
	}
	slices.Sort(keys)
	if q.Reverse {
		slices.Reverse(keys)
	}
	if q.Limit > 0 && len(keys) > q.Limit {
		keys = keys[:q.Limit]
	}
	out := []string{}
	for _, k := range keys {
		out = append(out, k+"="+m[modelKey{kind, k}].value)
	}
	return out
}

type machine struct {
	t     *testing.T
	f     *fixture
	model model
	n     int // makes values different
}

var drawKey = rapid.OneOf(
	rapid.SampledFrom(oddKeys),
	rapid.StringMatching(`[ab]/[a-d]{0,2}`),
)

var drawKind = rapid.SampledFrom([]store.Kind{"a", "b", "ab"})

func (m *machine) update(rt *rapid.T) {
	next := maps.Clone(m.model)
	undo := errors.New("undo")
	fails := rapid.IntRange(0, 3).Draw(rt, "fails") == 0
	err := m.f.Update(m.t.Context(), func(tx store.Tx) error {
		for range rapid.IntRange(0, 6).Draw(rt, "steps") {
			k := modelKey{drawKind.Draw(rt, "kind"), drawKey.Draw(rt, "key")}
			switch rapid.IntRange(0, 4).Draw(rt, "step") {
			case 0, 1:
				m.n++
				v := modelValue{value: fmt.Sprint("v", m.n)}
				if rapid.Bool().Draw(rt, "expires") {
					v.expires = tx.Now().Add(time.Duration(rapid.IntRange(-1, 120).Draw(rt, "ttl")) * time.Second)
				}
				if err := tx.Put(k.kind, k.key, []byte(v.value), v.expires); err != nil {
					return err
				}
				next[k] = v
			case 2:
				err := tx.Delete(k.kind, k.key)
				if _, live := next.get(k, tx.Now()); live != (err == nil) {
					rt.Errorf("delete %q: %v, but it lives: %v", k, err, live)
				}
				delete(next, k)
			default:
				m.compare(rt, tx, next)
			}
		}
		if fails {
			return undo
		}
		return nil
	})
	switch {
	case fails && !errors.Is(err, undo) || !fails && err != nil:
		rt.Fatalf("update: %v", err)
	case !fails:
		m.model = next
	}
}

func (m *machine) view(rt *rapid.T) {
	if err := m.f.View(m.t.Context(), func(tx store.Tx) error {
		for range 3 {
			m.compare(rt, tx, m.model)
		}
		return nil
	}); err != nil {
		rt.Fatalf("view: %v", err)
	}
}

// compare asks both the same questions.
func (m *machine) compare(rt *rapid.T, tx store.Tx, want model) {
	k := modelKey{drawKind.Draw(rt, "kind"), drawKey.Draw(rt, "key")}
	wantValue, _ := want.get(k, tx.Now())
	if got := textOf(rt, tx, k.kind, k.key); got != wantValue {
		rt.Fatalf("get %q: got %q, want %q", k, got, wantValue)
	}
	q := store.Query{
		Prefix:  rapid.OneOf(rapid.Just(""), drawKey).Draw(rt, "prefix"),
		After:   rapid.OneOf(rapid.Just(""), drawKey).Draw(rt, "after"),
		Limit:   rapid.IntRange(0, 4).Draw(rt, "limit"),
		Reverse: rapid.Bool().Draw(rt, "reverse"),
	}
	if got, w := list(rt, tx, k.kind, q), want.list(k.kind, q, tx.Now()); !slices.Equal(got, w) {
		rt.Fatalf("list %s %+v: got %q, want %q", k.kind, q, got, w)
	}
	n, err := tx.Count(k.kind, q.Prefix)
	if w := len(want.list(k.kind, store.Query{Prefix: q.Prefix}, tx.Now())); err != nil || n != w {
		rt.Fatalf("count %s %q: got %d, %v, want %d", k.kind, q.Prefix, n, err, w)
	}
}
