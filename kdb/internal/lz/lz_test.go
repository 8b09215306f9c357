package lz_test

import (
	"bytes"
	"encoding/hex"
	"testing"

	"pgregory.net/rapid"

	"github.com/quoinhq/quoin/kdb/internal/lz"
)

func TestDecompressIsInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		prefix := rapid.IntRange(1, 16).Draw(t, "prefix")
		alphabet := rapid.IntRange(1, 255).Draw(t, "alphabet")
		src := rapid.SliceOfN(rapid.ByteRange(0, byte(alphabet)), prefix, 3000).Draw(t, "plain")
		z, ok := lz.Compress(nil, src, prefix, 2*len(src)+32)
		if !ok {
			t.Fatal("does not fit in twice its length")
		}
		if len(src)-prefix > lz.MaxPlain(len(z)) {
			t.Fatalf("%d bytes from %d, over MaxPlain", len(src)-prefix, len(z))
		}
		got := make([]byte, len(src))
		copy(got, src[:prefix])
		if err := lz.Decompress(got, prefix, z); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, src) {
			t.Fatalf("got %x", got)
		}
	})
}

// TestCompressForm pins the compressed form down, byte by byte.
func TestCompressForm(t *testing.T) {
	for plain, want := range map[string]string{
		// 8 bytes of header, then: flags, seven bytes as they are.
		"headerXXabc": "00616263",
		// The pair "ab" (xor 3) at 8 is known from the second byte after it on.
		"headerXXabcabcabcabc": "08" + "616263" + "0307",
		// A run of one byte refers to itself.
		"headerXXaaaaaaaaaaaaaaaaaaaaaa": "04" + "6161" + "0012",
	} {
		got, ok := lz.Compress(nil, []byte(plain), 8, 100)
		if !ok || hex.EncodeToString(got) != want {
			t.Errorf("%s: got %x, %v; want %s", plain, got, ok, want)
		}
	}
	if _, ok := lz.Compress(nil, []byte("headerXXabcdefghijklmnop"), 8, 20); ok {
		t.Error("fits where it cannot")
	}
}

func FuzzDecompress(f *testing.F) {
	z, _ := lz.Compress(nil, []byte("headerXXabcabcabcabcaaaaaaaaaaa"), 8, 100)
	f.Add(z, uint16(31))
	f.Fuzz(func(t *testing.T, z []byte, n uint16) {
		dst := make([]byte, max(8, int(n)))
		if lz.Decompress(dst, 8, z) == nil && len(dst)-8 > lz.MaxPlain(len(z)) {
			t.Fatalf("%d bytes from %d, over MaxPlain", len(dst)-8, len(z))
		}
	})
}
