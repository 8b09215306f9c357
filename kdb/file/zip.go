package file

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"slices"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"

	"github.com/quoinhq/quoin/kdb/internal/lz"
)

// Algorithm is how the blocks of a file are compressed.
type Algorithm uint8

// Algorithms. Source: KX manual, "File compression".
const (
	NoCompression Algorithm = iota
	IPC                     // that of messages
	Gzip                    // levels 0 to 9
	Snappy
	LZ4HC // levels 0 to 16
	Zstd  // levels -7 to 22
)

// Compression is how to compress a file: what q takes as three integers.
type Compression struct {
	Block     uint8 // block size as a power of two, 12 to 20
	Algorithm Algorithm
	Level     int
}

// Layout of a compressed file: the magic, the blocks one after another, a tail
// of 32 bytes, length(int32) and algorithm(int32) of each block, number of
// blocks(int64). Tail: version(int32), algorithm, level, two zeros, plain
// length(int64), length of magic and blocks(int64), block size(int64). Known
// from open readers, and seen in files that kdb+ wrote with algorithms 1 and 2.
const (
	zipMagic   = "kxzipped"
	cryptMagic = "kxzippEd"
	zipTail    = 32
	zipVersion = 3
	// ipcHead is the length of a message's header and its plain length.
	ipcHead = 12
	// maxBlock is beyond the largest block kdb+ makes, and bounds what a hostile
	// file can claim.
	maxBlock = 1 << 24
)

var (
	errZip      = errors.New("corrupt compressed block")
	errZipParam = errors.New("file: compression: block size 12 to 20 and a known algorithm and level")
)

// zipFile is a compressed file, taken apart.
type zipFile struct {
	path  string
	b     []byte
	tail  int    // where the blocks end
	table int    // where the blocks' lengths and algorithms begin
	n     int    // blocks
	block uint64 // plain bytes of each, but the last
	plain uint64 // plain bytes of all
}

func (z *zipFile) corrupt(at int, format string, args ...any) error {
	return corrupt(z.path, at, fmt.Errorf(format, args...))
}

// openZip reads what a compressed file says of itself.
func openZip(path string, b []byte) (*zipFile, error) {
	le := binary.LittleEndian
	z := &zipFile{path: path, b: b}
	if bytes.HasPrefix(b, []byte(cryptMagic)) {
		return nil, z.corrupt(0, "encrypted file: %w", ErrUnsupported)
	}
	if len(b) < len(zipMagic)+zipTail+8 {
		return nil, z.corrupt(len(b), "%w", errShort)
	}
	n := le.Uint64(b[len(b)-8:])
	if n > uint64(len(b)-len(zipMagic)-zipTail-8)/8 {
		return nil, z.corrupt(len(b)-8, "%d blocks", n)
	}
	z.n = int(n)
	z.table = len(b) - 8 - 8*z.n
	z.tail = z.table - zipTail
	z.plain, z.block = le.Uint64(b[z.tail+8:]), le.Uint64(b[z.tail+24:])
	if size := le.Uint64(b[z.tail+16:]); size != uint64(z.tail) {
		return nil, z.corrupt(z.tail+16, "%d bytes of blocks in a file with %d", size, z.tail)
	}
	if z.block == 0 || z.block > maxBlock || z.plain > math.MaxInt64-z.block || n != (z.plain+z.block-1)/z.block {
		return nil, z.corrupt(z.tail+8, "%d bytes in %d blocks of %d", z.plain, n, z.block)
	}
	return z, nil
}

// unpack decompresses the content of a file.
func unpack(path string, b []byte) ([]byte, error) {
	z, err := openZip(path, b)
	if err != nil {
		return nil, err
	}
	// What is reserved ahead is bounded; what is there is not.
	out := make([]byte, 0, min(z.plain, 16*uint64(len(b))))
	at := len(zipMagic)
	u := unzipper{}
	defer u.close()
	for i := range z.n {
		entry := z.table + 8*i
		n, a := binary.LittleEndian.Uint32(b[entry:]), binary.LittleEndian.Uint32(b[entry+4:])
		if uint64(n) > uint64(z.tail-at) {
			return nil, z.corrupt(entry, "block %d of %d bytes with %d left", i, n, z.tail-at)
		}
		want := int(min(z.block, z.plain-uint64(len(out))))
		out = slices.Grow(out, want) // by doubling, where less was reserved
		if out, err = u.block(out, b[at:at+int(n)], want, a); err != nil {
			return nil, z.corrupt(at, "block %d, algorithm %d: %w", i, a, err)
		}
		at += int(n)
	}
	if at != z.tail {
		return nil, z.corrupt(at, "%d bytes belong to no block", z.tail-at)
	}
	return out, nil
}

// unzipper decompresses blocks; it keeps what they can share.
type unzipper struct {
	zstd *zstd.Decoder
	zlib io.ReadCloser // and a zlib.Resetter
}

func (z *unzipper) close() {
	if z.zstd != nil {
		z.zstd.Close()
	}
}

// block appends the n bytes that src stands for.
func (z *unzipper) block(out, src []byte, n int, a uint32) ([]byte, error) {
	start := len(out)
	switch a {
	case uint32(NoCompression):
		if len(src) != n {
			return nil, errZip
		}
		return append(out, src...), nil
	case uint32(Zstd):
		if z.zstd == nil {
			var err error
			if z.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxBlock)); err != nil {
				return nil, err
			}
		}
		var h zstd.Header
		if h.Decode(src) != nil || h.HasFCS && h.FrameContentSize != uint64(n) {
			return nil, errZip
		}
		// The decoder counts what it appends to towards its limit.
		out = slices.Grow(out, n)
		plain, err := z.zstd.DecodeAll(src, out[start:start])
		if err != nil || len(plain) != n {
			return nil, errZip
		}
		return append(out, plain...), nil // mostly in place
	}
	// A block cannot yield more than its size, nor its size be reserved for
	// less than the algorithm needs to make it.
	if n > 300*len(src)+64 && a != uint32(Gzip) || n > 2000*len(src)+64 {
		return nil, errZip
	}
	out = append(out, make([]byte, n)...)
	dst := out[start:]
	switch a {
	case uint32(IPC):
		// A block is a compressed message without a meaning: the 8 bytes of its
		// header count for positions.
		le := binary.LittleEndian
		if len(src) < ipcHead || src[0] != 1 || src[2] != 1 || le.Uint32(src[4:]) != uint32(len(src)) || le.Uint32(src[8:]) != uint32(8+n) {
			return nil, errZip
		}
		plain := make([]byte, 8+n)
		if err := lz.Decompress(plain, 8, src[ipcHead:]); err != nil {
			return nil, err
		}
		copy(dst, plain[8:])
	case uint32(Gzip):
		var err error
		if z.zlib == nil {
			z.zlib, err = zlib.NewReader(bytes.NewReader(src))
		} else {
			err = z.zlib.(zlib.Resetter).Reset(bytes.NewReader(src), nil)
		}
		if err != nil {
			z.zlib = nil
			return nil, errZip
		}
		if _, err := io.ReadFull(z.zlib, dst); err != nil {
			return nil, errZip
		}
		if m, err := z.zlib.Read(make([]byte, 1)); m > 0 || err != io.EOF {
			return nil, errZip
		}
	case uint32(Snappy):
		if m, err := s2.DecodedLen(src); err != nil || m != n {
			return nil, errZip
		}
		if _, err := s2.Decode(dst, src); err != nil {
			return nil, errZip
		}
	case uint32(LZ4HC):
		if m, err := lz4.UncompressBlock(src, dst); err != nil || m != n {
			return nil, errZip
		}
	default:
		return nil, errors.New("unknown algorithm")
	}
	return out, nil
}

// pack compresses the content of a file.
func pack(plain []byte, c Compression) ([]byte, error) {
	zip, done, err := c.zipper()
	if err != nil {
		return nil, err
	}
	defer done()
	le := binary.LittleEndian
	block := 1 << c.Block
	out := append(make([]byte, 0, len(plain)/2), zipMagic...)
	var table []byte
	for at := 0; at < len(plain); at += block {
		src := plain[at:min(at+block, len(plain))]
		start, a := len(out), c.Algorithm
		if out, err = zip(out, src); err != nil {
			return nil, err
		}
		if len(out)-start >= len(src) || len(out) == start { // does not pay
			out, a = append(out[:start], src...), NoCompression
		}
		table = le.AppendUint32(le.AppendUint32(table, uint32(len(out)-start)), uint32(a))
	}
	end := len(out)
	out = append(le.AppendUint32(out, zipVersion), byte(c.Algorithm), byte(c.Level), 0, 0)
	out = le.AppendUint64(out, uint64(len(plain)))
	out = le.AppendUint64(out, uint64(end))
	out = le.AppendUint64(out, uint64(block))
	return le.AppendUint64(append(out, table...), uint64(len(table)/8)), nil
}

// zipper returns a function that appends the compressed form of a block, and
// one to call when all is done.
func (c Compression) zipper() (zip func(out, src []byte) ([]byte, error), done func(), err error) {
	done = func() {}
	if c.Block < 12 || c.Block > 20 {
		return nil, nil, errZipParam
	}
	switch {
	case c.Algorithm == IPC && c.Level == 0:
		plain := make([]byte, 8, 8+1<<c.Block)
		return func(out, src []byte) ([]byte, error) {
			le, start := binary.LittleEndian, len(out)
			plain = append(plain[:8], src...)
			out = append(out, 1, 0, 1, 0, 0, 0, 0, 0)
			out = le.AppendUint32(out, uint32(len(plain)))
			// As of messages, kdb+ keeps only what more than halves.
			out, ok := lz.Compress(out, plain, 8, max(0, len(plain)/2-ipcHead))
			if !ok {
				return out[:start], nil
			}
			le.PutUint32(out[start+4:], uint32(len(out)-start))
			return out, nil
		}, done, nil
	case c.Algorithm == Gzip && c.Level >= 0 && c.Level <= 9:
		var buf bytes.Buffer
		w, err := zlib.NewWriterLevel(&buf, c.Level)
		return func(out, src []byte) ([]byte, error) {
			buf.Reset()
			w.Reset(&buf)
			if _, err := w.Write(src); err != nil {
				return nil, err
			}
			if err := w.Close(); err != nil {
				return nil, err
			}
			return append(out, buf.Bytes()...), nil
		}, done, err
	case c.Algorithm == Snappy:
		return func(out, src []byte) ([]byte, error) { return append(out, s2.EncodeSnappy(nil, src)...), nil }, done, nil
	case c.Algorithm == LZ4HC && c.Level >= 0 && c.Level <= 16:
		level := lz4.CompressionLevel(1 << (8 + min(max(c.Level, 1), 9)))
		w := lz4.CompressorHC{Level: level}
		dst := make([]byte, lz4.CompressBlockBound(1<<c.Block))
		return func(out, src []byte) ([]byte, error) {
			n, err := w.CompressBlock(src, dst)
			return append(out, dst[:n]...), err
		}, done, nil
	case c.Algorithm == Zstd && c.Level >= -7 && c.Level <= 22:
		w, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.EncoderLevelFromZstd(max(c.Level, 1))), zstd.WithEncoderConcurrency(1))
		if err != nil {
			return nil, nil, err
		}
		return func(out, src []byte) ([]byte, error) { return w.EncodeAll(src, out), nil }, func() { w.Close() }, nil
	}
	return nil, nil, errZipParam
}

// Stats says how a file is compressed; q's -21!. ok is false for a file that is
// not compressed.
type Stats struct {
	Compressed, Plain int64 // lengths of the file and of its content
	Compression
}

// CompressionStats returns how a file is compressed. Errors: as Read.
func CompressionStats(path string) (s Stats, ok bool, err error) {
	m := Mapping{}
	defer m.Close()
	b, err := mapFile(path)
	if err != nil {
		return s, false, err
	}
	if len(b) > 0 {
		m.maps = append(m.maps, b)
	}
	if !isPacked(b) {
		return s, false, nil
	}
	z, err := openZip(path, b)
	if err != nil {
		return s, false, err
	}
	s = Stats{Compressed: int64(len(b)), Plain: int64(z.plain)}
	s.Block = uint8(bits.Len64(z.block) - 1)
	s.Algorithm, s.Level = Algorithm(b[z.tail+4]), int(int8(b[z.tail+5]))
	return s, true, nil
}

// IsCompressed reports whether a file starts as compressed ones do.
func IsCompressed(f io.ReaderAt) bool {
	magic := make([]byte, len(zipMagic))
	_, err := f.ReadAt(magic, 0)
	return err == nil && string(magic) == zipMagic
}
