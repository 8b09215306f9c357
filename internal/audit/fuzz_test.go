package audit_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/quoinhq/quoin/internal/audit"
)

// FuzzFile reads exported files that anybody may have written: an error or
// events in order, nothing else.
func FuzzFile(f *testing.F) {
	for _, seed := range []string{
		"",
		`{"prev":"","events":[{"seq":1,"time":"2026-03-04T05:06:07Z","operation":"Op","outcome":"OK"}]}` + "\n",
		`{"prev":"0","events":[{"seq":5},{"seq":6}]}` + "\n" + `{"prev":"1","events":[{"seq":7}]}` + "\n",
		`{"prev":"0","events":[]}`, `{"events":[{"seq":18446744073709551615},{"seq":0}]}`, `[]`, "{", "null\nnull",
	} {
		f.Add([]byte(seed), true)
		f.Add([]byte(seed), false)
	}
	path := filepath.Join(f.TempDir(), "file")
	f.Fuzz(func(t *testing.T, text []byte, packed bool) {
		if packed {
			var buf bytes.Buffer
			z := gzip.NewWriter(&buf)
			_, err := z.Write(text)
			if err := errors.Join(err, z.Close()); err != nil {
				t.Fatal(err)
			}
			text = buf.Bytes()
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		var last *audit.Event
		for e, err := range audit.File(path, audit.Filter{}) {
			if err != nil {
				if !errors.Is(err, audit.ErrBroken) {
					t.Fatalf("got %v, want ErrBroken", err)
				}
				return
			}
			if last != nil && e.Seq != last.Seq+1 {
				t.Fatalf("event %d follows %d", e.Seq, last.Seq)
			}
			last = e
		}
	})
}

// FuzzParseHead: what is accepted has one form.
func FuzzParseHead(f *testing.F) {
	f.Add("5:0000000000000000000000000000000000000000000000000000000000000000")
	f.Add("05:0000000000000000000000000000000000000000000000000000000000000000")
	f.Add("5 :0000000000000000000000000000000000000000000000000000000000000000")
	f.Add(":")
	f.Add("-1:ab")
	f.Fuzz(func(t *testing.T, s string) {
		h, err := audit.ParseHead(s)
		if err == nil && h.String() != s {
			t.Errorf("%q was read as %q", s, h)
		}
	})
}

// FuzzUnpack: what is stored is read whole or refused, never unpacked beyond
// what a block can be.
func FuzzUnpack(f *testing.F) {
	f.Add([]byte(`{"prev":"","events":[]}`))
	f.Add(audit.Pack(bytes.Repeat([]byte(`{"seq":1,"operation":"Op"},`), 200)))
	f.Add([]byte{2, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, stored []byte) {
		text, err := audit.Unpack("k", stored)
		if err != nil {
			if !errors.Is(err, audit.ErrBroken) {
				t.Errorf("got %v, want ErrBroken", err)
			}
			return
		}
		if len(text) > 16<<20 {
			t.Errorf("%d bytes came of %d", len(text), len(stored))
		}
		if len(text) > 0 && text[0] != 2 {
			if again, err := audit.Unpack("k", audit.Pack(text)); err != nil || !bytes.Equal(again, text) {
				t.Errorf("packed again: %v", err)
			}
		}
	})
}
