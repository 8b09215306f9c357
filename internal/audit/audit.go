// Package audit keeps the trail: who did what to which resource, and how it
// ended. A call that changes something is recorded in the transaction of its
// effect, so that neither is ever there without the other; every other call,
// refused ones included, is recorded by [Trail.Note] shortly after it was
// answered.
//
// The trail is a chain. Events are kept in blocks, and each block carries the
// SHA-256 of the block before it, so what is taken out, put in or changed in
// the middle breaks the chain, and what is cut off at its end contradicts the
// head, which is kept apart. Who can write the database can also forge the
// whole chain: note the head that [Verify] returns somewhere else, and verify
// against it later.
//
// An event has no place for a secret: no signature, token, key, header or body.
package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/quoinhq/quoin/internal/store"
)

// Event is one thing that happened. Text longer than 1,024 bytes is cut off
// when it is recorded.
type Event struct {
	Seq       uint64    `json:"seq"` // from 1, without a gap
	Time      time.Time `json:"time"`
	RequestID string    `json:"requestId,omitempty"`

	Principal string `json:"principal,omitempty"` // ARN; empty when nobody was recognised
	Session   string `json:"session,omitempty"`   // id of the STS session, not its token
	AccessKey string `json:"accessKeyId,omitempty"`
	SourceIP  string `json:"sourceIp,omitempty"`

	Service   string `json:"service,omitempty"` // "finspace", "iam", "sts", "s3", "gateway"
	Operation string `json:"operation"`         // "UpdateKxUser"
	Resource  string `json:"resource,omitempty"`

	Outcome string `json:"outcome"`          // OK, or the name of the error
	Reason  string `json:"reason,omitempty"` // more about an outcome, in words of ours
}

// OK is the outcome of what went well.
const OK = "OK"

const maxText = 1024

// trim cuts the texts of an event, which callers may have chosen.
func (e *Event) trim() {
	for _, s := range []*string{
		&e.RequestID, &e.Principal, &e.Session, &e.AccessKey, &e.SourceIP,
		&e.Service, &e.Operation, &e.Resource, &e.Outcome, &e.Reason,
	} {
		if len(*s) > maxText {
			end := maxText
			for end > 0 && !utf8.RuneStart((*s)[end]) {
				end--
			}
			*s = (*s)[:end] + "…"
		}
	}
}

// head is the end of the chain, and where what is kept of it begins.
type head struct {
	Seq   uint64 `json:"seq"`   // of the last event; 0 when there is none
	Sum   string `json:"sum"`   // of the last block
	Bytes int64  `json:"bytes"` // of all blocks that are kept
	First uint64 `json:"first"` // of the first event that is kept
	Prev  string `json:"prev"`  // what the first block that is kept has as Prev
}

var heads = store.Table[head]{Kind: "audit-head"}

const headKey = "head"

func readHead(tx store.Tx) (*head, error) {
	h, err := heads.Get(tx, headKey)
	if err == store.ErrNotFound {
		return &head{Sum: origin, First: 1, Prev: origin}, nil
	}
	return h, err
}

// Head is the end of the chain, in the form SEQ:SHA256. Noted somewhere else it
// is what a later Verify can be held against.
type Head struct {
	Seq uint64
	Sum string
}

func (h Head) String() string { return fmt.Sprintf("%d:%s", h.Seq, h.Sum) }

// ParseHead reads what String writes, and nothing else.
func ParseHead(s string) (Head, error) {
	number, sum, _ := strings.Cut(s, ":")
	seq, err := strconv.ParseUint(number, 10, 64)
	h := Head{seq, sum}
	if _, hexErr := hex.DecodeString(sum); err != nil || hexErr != nil || len(sum) != 2*sha256.Size || h.String() != s {
		return Head{}, fmt.Errorf("audit: %q is not a head: want SEQ:SHA256", s)
	}
	return h, nil
}

// appendBlock adds events to the chain, numbering them.
func appendBlock(tx store.Tx, events []Event) error {
	h, err := readHead(tx)
	if err != nil {
		return err
	}
	first := h.Seq + 1
	for i := range events {
		e := &events[i]
		e.Seq = first + uint64(i)
		if e.Time.IsZero() {
			e.Time = tx.Now()
		}
		e.Time = e.Time.UTC()
		e.trim()
	}
	text, err := json.Marshal(block{h.Sum, events})
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	value := pack(text)
	if err := tx.Put(blocks, blockKey(first), value, time.Time{}); err != nil {
		return err
	}
	h.Seq += uint64(len(events))
	h.Sum = sumOf(text)
	h.Bytes += int64(len(value))
	return heads.Put(tx, headKey, h)
}
