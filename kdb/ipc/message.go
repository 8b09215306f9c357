package ipc

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/internal/lz"
	"github.com/quoinhq/quoin/kdb/internal/object"
)

// Kind says what a message asks for.
type Kind uint8

// Kinds of messages, numbered as on the wire.
const (
	Async    Kind = 0 // no answer wanted
	Sync     Kind = 1 // the sender waits for a Response
	Response Kind = 2
)

// HeaderLen is the length of a message's header.
const HeaderLen = 8

// DefaultMaxMessage is the largest message taken from the other side unless a
// Dialer or Server says otherwise.
const DefaultMaxMessage = 16 << 30

const (
	// compressFrom is the length from which kdb+ considers compressing.
	compressFrom = 2000
	// limit32 is the longest message for a peer of capability below 5.
	limit32 = 1<<31 - 1
	// limit40 is what the header's length field holds.
	limit40 = 1<<40 - 1
)

// ErrTooLarge is wrapped by the errors for messages longer than the connection
// allows: in reading its MaxMessage, in writing what the peer can take.
var ErrTooLarge = errors.New("message too large")

// Header is the header of a message.
type Header struct {
	BigEndian  bool
	Kind       Kind
	Compressed bool
	Len        int64 // of the whole message as sent, header included
}

// ParseHeader reads the HeaderLen bytes at the start of b. Errors: a header
// that no kdb+ writes.
func ParseHeader(b []byte) (Header, error) {
	var order binary.ByteOrder = binary.LittleEndian
	h := Header{BigEndian: b[0] == 0, Kind: Kind(b[1]), Compressed: b[2] != 0}
	if h.BigEndian {
		order = binary.BigEndian
	}
	h.Len = int64(order.Uint32(b[4:])) | int64(b[3])<<32
	switch {
	case b[0] > 1:
		return h, fmt.Errorf("ipc: byte order %d in a message header", b[0])
	case h.Kind > Response:
		return h, fmt.Errorf("ipc: message type %d", b[1])
	case b[2] == 2:
		return h, fmt.Errorf("ipc: compressed message over 4 GB: %w", ErrTooLarge)
	case b[2] > 2:
		return h, fmt.Errorf("ipc: compression %d in a message header", b[2])
	case h.Len < HeaderLen+1:
		return h, fmt.Errorf("ipc: message of %d bytes", h.Len)
	}
	return h, nil
}

// Size returns the length of a message's encoding without compression, -22! in
// q; 0 for a value that has none.
func Size(v kdb.Value) int {
	n := object.Size(v)
	if n == 0 {
		return 0
	}
	return HeaderLen + n
}

// Marshal returns the bytes of an async message with v: what -8! returns.
// Errors: a value that has no encoding, ErrTooLarge.
func Marshal(v kdb.Value) ([]byte, error) {
	return appendMessage(make([]byte, 0, HeaderLen+object.Size(v)), Async, v)
}

// MarshalCompressed is Marshal, compressed where kdb+ would compress for a
// peer on another host: the message is over 2000 bytes and more than halves.
// It is what -18! returns.
func MarshalCompressed(v kdb.Value) ([]byte, error) {
	b, err := Marshal(v)
	if err != nil {
		return nil, err
	}
	if z, ok := compress(nil, b); ok {
		return z, nil
	}
	return b, nil
}

// Unmarshal returns the value in a message, compressed or not, from a machine
// of either byte order: what -9! returns. Large vectors of the value may stay
// in b's memory, which must not be changed afterwards. A value that is a
// kdb.Error is returned as such, not as an error.
func Unmarshal(b []byte) (kdb.Value, error) {
	if len(b) < HeaderLen {
		return nil, fmt.Errorf("ipc: message of %d bytes", len(b))
	}
	h, err := ParseHeader(b)
	if err != nil {
		return nil, err
	}
	if h.Len != int64(len(b)) {
		return nil, fmt.Errorf("ipc: message of %d bytes says it has %d", len(b), h.Len)
	}
	d := decoders.Get().(*object.Decoder)
	defer decoders.Put(d)
	return decodeBody(d, h, b, true, DefaultMaxMessage)
}

// decoders are kept for the symbols they remember.
var decoders = sync.Pool{New: func() any { return new(object.Decoder) }}

// appendMessage appends a whole message.
func appendMessage(b []byte, k Kind, v kdb.Value) ([]byte, error) {
	at := len(b)
	b = append(b, 1, byte(k), 0, 0, 0, 0, 0, 0)
	b, err := object.Append(b, v)
	if err != nil {
		return nil, fmt.Errorf("ipc: encode: %w", err)
	}
	if err := putLen(b[at:]); err != nil {
		return nil, err
	}
	return b, nil
}

func putLen(msg []byte) error {
	if len(msg) > limit40 {
		return fmt.Errorf("ipc: encode %d bytes: %w", len(msg), ErrTooLarge)
	}
	binary.LittleEndian.PutUint32(msg[4:], uint32(len(msg)))
	msg[3] = byte(uint64(len(msg)) >> 32)
	return nil
}

// compress appends the compressed form of a message to dst, and reports
// whether the message is one to compress and came out under half its length.
func compress(dst, msg []byte) ([]byte, bool) {
	if len(msg) <= compressFrom || len(msg) > limit32 {
		return dst, false
	}
	at := len(dst)
	dst = append(dst, msg[:HeaderLen]...)
	dst[at+2] = 1
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(msg)))
	dst, ok := lz.Compress(dst, msg, HeaderLen, len(msg)/2-HeaderLen-4)
	if !ok {
		return dst[:at], false
	}
	return dst, putLen(dst[at:]) == nil
}

// decodeBody decodes a complete message. share says that the message's memory
// may become part of the value.
func decodeBody(d *object.Decoder, h Header, msg []byte, share bool, limit int64) (kdb.Value, error) {
	if h.Compressed {
		var err error
		if msg, err = decompress(h, msg, limit); err != nil {
			return nil, err
		}
		share = true
	}
	d.BigEndian, d.Share = h.BigEndian, share
	v, n, err := d.Decode(msg[HeaderLen:])
	if err != nil {
		return nil, fmt.Errorf("ipc: decode: %w", err)
	}
	if HeaderLen+n != len(msg) {
		return nil, fmt.Errorf("ipc: decode: %d bytes after the value", len(msg)-HeaderLen-n)
	}
	return v, nil
}

// decompress returns the plain message, with room for the header before it as
// positions in the compressed form count from there.
func decompress(h Header, msg []byte, limit int64) ([]byte, error) {
	if len(msg) < HeaderLen+4 {
		return nil, fmt.Errorf("ipc: compressed message of %d bytes", len(msg))
	}
	var order binary.ByteOrder = binary.LittleEndian
	if h.BigEndian {
		order = binary.BigEndian
	}
	n := int64(order.Uint32(msg[HeaderLen:]))
	body := msg[HeaderLen+4:]
	if n <= HeaderLen || n > int64(HeaderLen+lz.MaxPlain(len(body))) {
		return nil, fmt.Errorf("ipc: %d compressed bytes cannot be %d: %w", len(body), n, lz.ErrCorrupt)
	}
	if n > limit {
		return nil, fmt.Errorf("ipc: compressed message of %d bytes: %w", n, ErrTooLarge)
	}
	plain := make([]byte, n)
	if err := lz.Decompress(plain, HeaderLen, body); err != nil {
		return nil, fmt.Errorf("ipc: %w", err)
	}
	return plain, nil
}

// Call returns the message that calls the function of that name with
// arguments, as h(`name;x;y) does in q.
func Call(name string, args ...kdb.Value) kdb.Value {
	if len(args) == 0 {
		args = []kdb.Value{kdb.Nil}
	}
	return kdb.NewList(append([]kdb.Value{kdb.Sym(name)}, args...)...)
}
