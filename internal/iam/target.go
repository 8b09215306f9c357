package iam

import (
	"encoding/base64"
	"errors"
	"strings"

	"github.com/quoinhq/quoin/internal/store"
)

// target is what an operation works on, as policies see it.
type target struct {
	arn      string
	tags     []tag // it has
	newTags  []tag // it is to have
	tagKeys  []string
	policy   string // managed policy to attach or detach
	boundary string
}

// allow authorises an IAM action on the target. The condition keys are those of
// the service authorization reference for IAM.
func (c *call) allow(action string, t target) error {
	if err := c.in.err(); err != nil {
		return err
	}
	keys := make(map[string][]string)
	for _, g := range t.tags {
		keys["aws:ResourceTag/"+g.Key] = []string{g.Value}
		keys["iam:ResourceTag/"+g.Key] = []string{g.Value}
	}
	for _, g := range t.newTags {
		keys["aws:RequestTag/"+g.Key] = []string{g.Value}
		t.tagKeys = append(t.tagKeys, g.Key)
	}
	if len(t.tagKeys) > 0 {
		keys["aws:TagKeys"] = t.tagKeys
	}
	if t.policy != "" {
		keys["iam:PolicyARN"] = []string{t.policy}
	}
	if t.boundary != "" {
		keys["iam:PermissionsBoundary"] = []string{t.boundary}
	}
	return c.s.Authorize(c.ctx, Request{Identity: c.id, Action: "iam:" + action, Resource: t.arn, Keys: keys}).Err()
}

func (c *call) view(fn func(store.Tx) error) error   { return c.s.store.View(c.ctx, fn) }
func (c *call) update(fn func(store.Tx) error) error { return c.s.store.Update(c.ctx, fn) }

// found looks a record up that may not be there.
func found[T any](tx store.Tx, table store.Table[T], name string) (*T, error) {
	rec, err := table.Get(tx, recordKey(name))
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return rec, err
}

// record is what has a unique id beside its name.
type record[T any] interface {
	*T
	id() string
}

func (p *principalRecord) id() string { return p.ID }
func (p *policyRecord) id() string    { return p.ID }
func (p *profileRecord) id() string   { return p.ID }

// current returns a record that a call has opened, as it is now: missing when
// it has gone, and errChanged when another has taken its name.
func current[T any, P record[T]](tx store.Tx, table store.Table[T], name, id string, missing error) (P, error) {
	rec, err := found(tx, table, name)
	switch {
	case err != nil:
		return nil, err
	case rec == nil:
		return nil, missing
	case P(rec).id() != id:
		return nil, errChanged()
	}
	return rec, nil
}

// page cuts one page out of names or records in key order. keyOf gives an
// item's place in that order.
func page[T any](c *call, items []T, keyOf func(T) string) ([]T, paging) {
	max := c.in.number("MaxItems", 1, 1000, 100)
	after := c.marker()
	if c.in.err() != nil {
		return nil, paging{}
	}
	start := 0
	for start < len(items) && after != "" && keyOf(items[start]) <= after {
		start++
	}
	items = items[start:]
	if len(items) <= max {
		return items, paging{}
	}
	return items[:max], paging{IsTruncated: true, Marker: encodeMarker(keyOf(items[max-1]))}
}

const markerPrefix = "q1."

func encodeMarker(key string) string {
	return markerPrefix + base64.RawURLEncoding.EncodeToString([]byte(key))
}

// marker reads the Marker parameter: the key to go on after, "" at the start.
func (c *call) marker() string {
	v := c.in.opt("Marker", markerText)
	if v == "" {
		return ""
	}
	text, ok := strings.CutPrefix(v, markerPrefix)
	key, err := base64.RawURLEncoding.DecodeString(text)
	if !ok || err != nil || len(key) == 0 {
		c.in.fault("Marker", v, "Member must be a marker of an earlier reply")
	}
	return string(key)
}

// pageOf lists a table page by page, skipping what keep does not want.
func pageOf[T any](c *call, table store.Table[T], keep func(*T) bool) (out []*T, p paging, err error) {
	max := c.in.number("MaxItems", 1, 1000, 100)
	after := c.marker()
	if err := c.in.err(); err != nil {
		return nil, p, err
	}
	last := ""
	err = c.view(func(tx store.Tx) error {
		out, p = nil, paging{}
		for k, err := range table.List(tx, store.Query{After: after}) {
			if err != nil {
				return err
			}
			if !keep(k.Rec) {
				continue
			}
			if len(out) == max {
				p = paging{IsTruncated: true, Marker: encodeMarker(last)}
				return nil
			}
			out, last = append(out, k.Rec), k.Key
		}
		return nil
	})
	return out, p, err
}
