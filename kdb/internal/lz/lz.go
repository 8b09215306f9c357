// Package lz is kdb+'s own compression, used for IPC messages and, as
// algorithm 1, for files. Items stand in groups of eight behind one byte of
// flags. An item is a byte as it is, or, where its flag is set, a
// back-reference: the slot of a 256-entry table that holds where a pair of
// bytes was last seen, keyed by the two bytes xored, and how many further
// bytes to copy. Both sides keep the table alike from the plain text.
// Source: KX manual, "Interprocess communication", which names KX's Java client
// as the description.
package lz

import "errors"

// ErrCorrupt is returned for input that no compressor wrote.
var ErrCorrupt = errors.New("corrupt compressed data")

// maxRun is how many bytes one back-reference can yield: the pair and 255 more.
const maxRun = 257

// Compress appends the compressed form of src[from:] to dst and reports
// whether it kept within limit bytes; when it did not, what was appended is
// meaningless. Positions count from the start of src, so from must be what
// Decompress gets as the length of its prefix, and at least 1, since position 0
// stands for an empty slot.
func Compress(dst, src []byte, from, limit int) ([]byte, bool) {
	var seen [256]int
	limit += len(dst)
	flag, bit := 0, 0 // where the group's flags are, and the next item's flag
	pendingSlot, pending := byte(0), 0
	for at := from; at < len(src); bit = bit << 1 & 0xff {
		if bit == 0 {
			if len(dst)+17 > limit { // a group of eight references and its flags
				return dst, false
			}
			flag, bit = len(dst), 1
			dst = append(dst, 0)
		}
		var slot byte
		was := 0
		if at+3 <= len(src) {
			slot = src[at] ^ src[at+1]
			was = seen[slot]
		}
		// The table learns a pair one item late: only then does the reader have
		// both its bytes.
		if pending > 0 {
			seen[pendingSlot], pending = pending, 0
		}
		if was == 0 || src[was] != src[at] {
			if at+3 <= len(src) {
				pendingSlot, pending = slot, at
			}
			dst = append(dst, src[at])
			at++
			continue
		}
		seen[slot] = at
		dst[flag] |= byte(bit)
		at, was = at+2, was+2
		run := at
		for end := min(at+maxRun-2, len(src)); run < end && src[run] == src[was]; {
			run, was = run+1, was+1
		}
		dst = append(dst, slot, byte(run-at))
		at = run
	}
	return dst, true
}

// MaxPlain returns the most bytes that n bytes of compressed data can stand for.
func MaxPlain(n int) int { return (n/17 + 1) * 8 * maxRun }

// Decompress fills dst[from:] from src. dst[:from] is the prefix that was not
// compressed. Errors: ErrCorrupt, also when src holds more or less than fits.
func Decompress(dst []byte, from int, src []byte) error {
	var seen [256]int
	in, out, learned := 0, from, from
	flags, bit := 0, 0
	for out < len(dst) {
		if bit == 0 {
			if in >= len(src) {
				return ErrCorrupt
			}
			flags, bit = int(src[in]), 1
			in++
		}
		run := 0
		if flags&bit == 0 {
			if in >= len(src) {
				return ErrCorrupt
			}
			dst[out] = src[in]
			in, out = in+1, out+1
		} else {
			if in+2 > len(src) || out+2 > len(dst) {
				return ErrCorrupt
			}
			was := seen[src[in]]
			run = int(src[in+1])
			in += 2
			if was == 0 || out+2+run > len(dst) {
				return ErrCorrupt
			}
			dst[out], dst[out+1] = dst[was], dst[was+1]
			out, was = out+2, was+2
			if was+run <= out {
				copy(dst[out:out+run], dst[was:])
			} else { // the copy repeats what it makes
				for i := range run {
					dst[out+i] = dst[was+i]
				}
			}
		}
		for ; learned < out-1; learned++ {
			seen[dst[learned]^dst[learned+1]] = learned
		}
		if flags&bit != 0 {
			out += run
			learned = out
		}
		bit = bit << 1 & 0xff
	}
	if in != len(src) {
		return ErrCorrupt
	}
	return nil
}
