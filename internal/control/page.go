package control

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/store"
)

// maxPage is the most entries of a page, and how many there are when the
// caller does not say (the model's maximum; 0 counts as not said).
const maxPage = 100

// pager makes and reads the tokens between the pages of a list. A token holds
// the key of the last entry that was given out, so that pages neither repeat
// nor skip entries that were there all along, whatever comes and goes between
// two calls. It is authenticated: a token of another list, another filter or
// another server is refused, and nothing can be learned by changing one.
type pager struct{ secret []byte }

// tokenTag is the length of the authentication tag: 128 bits of HMAC-SHA-256.
const tokenTag = 16

// token names the page that begins after key in the list that scope describes:
// the operation, what it lists the children of, and the filters.
func (p pager) token(scope []string, key string) string {
	return base64.RawURLEncoding.EncodeToString(append(p.tag(scope, key), key...))
}

// key is what token was made from. It is false for a token that is not ours or
// was given out for another scope.
func (p pager) key(scope []string, token string) (string, bool) {
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(b) <= tokenTag {
		return "", false
	}
	key := string(b[tokenTag:])
	// The text is compared, not what it decodes to: the decoder passes over
	// line ends, and one page should have one name.
	return key, hmac.Equal([]byte(p.token(scope, key)), []byte(token))
}

func (p pager) tag(scope []string, key string) []byte {
	mac := hmac.New(sha256.New, p.secret)
	// None of the parts can hold a NUL: they are names, tokens and enum values.
	mac.Write([]byte(strings.Join(append([]string{key}, scope...), "\x00")))
	return mac.Sum(nil)[:tokenTag]
}

// listing is a request for one page of the records of a kind.
type listing[T any] struct {
	operation string         // whose tokens these are
	table     store.Table[T] // what is listed
	prefix    string         // keys begin with it; "ENVID/" for the children of an environment
	reverse   bool           // from the last key to the first
	filters   []string       // the filters asked for, so that a token holds only with them
	keep      func(*T) bool  // nil keeps all

	maxResults *int32
	nextToken  *string
}

// page reads one page, and the token of the next, nil on the last. Errors:
// ValidationException for a token that is not one of this list.
func page[T any](s *Service, tx store.Tx, l listing[T]) (found []store.Keyed[T], next *string, err error) {
	scope := append([]string{l.operation, l.prefix}, l.filters...)
	q := store.Query{Prefix: l.prefix, Reverse: l.reverse}
	if l.nextToken != nil {
		after, ok := s.pager.key(scope, *l.nextToken)
		if !ok {
			return nil, nil, finspace.NewValidationException("nextToken is not one that this list gave out.")
		}
		q.After = after
	}
	limit := maxPage
	if n := finspace.Value(l.maxResults); n > 0 {
		limit = int(n)
	}
	if l.keep == nil {
		q.Limit = limit + 1
	}
	for rec, err := range l.table.List(tx, q) {
		if err != nil {
			return nil, nil, err
		}
		if l.keep != nil && !l.keep(rec.Rec) {
			continue
		}
		if len(found) == limit {
			return found, ptr(s.pager.token(scope, found[limit-1].Key)), nil
		}
		found = append(found, rec)
	}
	return found, nil, nil
}
