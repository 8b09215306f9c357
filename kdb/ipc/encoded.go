package ipc

import (
	"sync"

	"github.com/quoinhq/quoin/kdb"
)

// Encoded is an async message that was encoded once, to be sent to many; q's
// -25! does that. It may be used concurrently.
type Encoded struct {
	plain  []byte
	packed func() []byte // compressed, or nil where that does not pay; made when first asked for
}

// Encode encodes an async message for AsyncEncoded. Errors: as Marshal.
func Encode(message kdb.Value) (*Encoded, error) {
	b, err := Marshal(message)
	if err != nil {
		return nil, err
	}
	return &Encoded{b, sync.OnceValue(func() []byte {
		z, ok := compress(nil, b)
		if !ok {
			return nil
		}
		return z
	})}, nil
}
