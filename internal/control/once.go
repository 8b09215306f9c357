package control

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/store"
)

// tokenLife is how long a client token is remembered (API reference of every
// operation that takes one).
const tokenLife = 10 * time.Minute

// replies holds what was answered to requests that carried a client token.
var replies = store.Table[reply]{Kind: "idempotency"}

// reply is the first answer to a request, kept in the transaction of the
// request's effect: there is never one without the other.
type reply struct {
	Request []byte          `json:"r"` // SHA-256 of the request
	Output  json.RawMessage `json:"o"`
}

// change answers a request that changes something, in one transaction: the
// effect and, when the client gave a token, the answer to give when the same request comes again. The same token
// with another request is a ConflictException. Tokens of different principals
// and operations do not meet; a request that failed leaves none.
func change[In, Out any](ctx context.Context, s *Service, operation string, in *In, token *string,
	do func(store.Tx) (*Out, error),
) (*Out, error) {
	var out *Out
	err := s.Store.Update(ctx, func(tx store.Tx) (err error) {
		out, err = once(ctx, s, tx, operation, in, token, do)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func once[In, Out any](ctx context.Context, s *Service, tx store.Tx, operation string, in *In, token *string,
	do func(store.Tx) (*Out, error),
) (*Out, error) {
	if token == nil {
		return do(tx)
	}
	// The token is part of the request, so the hash covers it as well; it is
	// the same on both sides whenever the hashes are compared.
	text, err := json.Marshal(in)
	if err != nil {
		return nil, fmt.Errorf("control: hash of a request: %w", err)
	}
	request := sha256.Sum256(text)
	key := replyKey(s.Principal(ctx), operation, *token)

	first, err := replies.Get(tx, key)
	if err == nil {
		if !bytes.Equal(first.Request, request[:]) {
			return nil, finspace.NewConflictException(
				"The client token was used for another request within the last 10 minutes.",
				"IDEMPOTENCY_TOKEN_REUSED")
		}
		out := new(Out)
		return out, json.Unmarshal(first.Output, out)
	}
	if !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}

	out, err := do(tx)
	if err != nil {
		return nil, err
	}
	text, err = json.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("control: keep a reply: %w", err)
	}
	return out, replies.PutUntil(tx, key, &reply{request[:], text}, tx.Now().Add(tokenLife))
}

// replyKey has a fixed length whatever a client puts into a token.
func replyKey(principal, operation, token string) string {
	sum := sha256.Sum256([]byte(principal + "\x00" + operation + "\x00" + token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
