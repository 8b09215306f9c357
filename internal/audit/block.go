package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/klauspost/compress/s2"

	"github.com/quoinhq/quoin/internal/store"
)

// block is what is stored as one record: events that were recorded together.
// The record's key is the number of the first, padded to sort.
//
// Its text is JSON on one line; sums and exported files are of that. A large
// one is stored packed: the trail of a busy server is a tenth as large then,
// and so is what the disk has to take in between the effects of other calls.
type block struct {
	Prev   string  `json:"prev"` // SHA-256 of the text of the block before, in hex
	Events []Event `json:"events"`
}

const (
	blocks = store.Kind("audit")
	origin = "0000000000000000000000000000000000000000000000000000000000000000" // before the first block
)

func blockKey(seq uint64) string { return fmt.Sprintf("%020d", seq) }

func sumOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// decodeBlock reads a block's text.
func decodeBlock(key string, text []byte) (*block, error) {
	b := new(block)
	if err := json.Unmarshal(text, b); err != nil || len(b.Events) == 0 {
		return nil, unreadable(key)
	}
	return b, nil
}

func unreadable(key string) error {
	return fmt.Errorf("%w: block %s is not readable", ErrBroken, key)
}

// storedBlock reads a block as it is stored.
func storedBlock(key string, value []byte) (*block, error) {
	text, err := unpack(key, value)
	if err != nil {
		return nil, err
	}
	return decodeBlock(key, text)
}

const (
	// packed is the first byte of a packed block, with which no JSON begins. What
	// follows it is one block of S2 (github.com/klauspost/compress/s2).
	packed = 0x02

	packFrom = 2 << 10 // bytes; less is hardly worth a page
)

// pack returns what is stored of a block's text.
func pack(text []byte) []byte {
	if len(text) < packFrom {
		return text
	}
	room := make([]byte, 1+s2.MaxEncodedLen(len(text)))
	room[0] = packed
	return room[:1+len(s2.Encode(room[1:], text))]
}

// unpack is the reverse of pack. Errors: ErrBroken.
func unpack(key string, value []byte) ([]byte, error) {
	if len(value) == 0 || value[0] != packed {
		return value, nil
	}
	if n, err := s2.DecodedLen(value[1:]); err != nil || n > maxLine {
		return nil, unreadable(key)
	}
	text, err := s2.Decode(nil, value[1:])
	if err != nil {
		return nil, unreadable(key)
	}
	return text, nil
}
