package ipc_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/internal/object"
	"github.com/quoinhq/quoin/kdb/ipc"
	"github.com/quoinhq/quoin/kdb/kdbtest"
)

func table(attr kdb.Attr, cols ...any) *kdb.Table {
	t := kdbtest.Cols(cols...)
	t.Attr = attr
	return t
}

func withAttr[T kdb.Elem](a kdb.Attr, x ...T) *kdb.Vec[T] { return &kdb.Vec[T]{V: x, Attr: a} }

// dumps are the messages shown on the manual's page "Serialization examples",
// and those of the functions it does not show.
func dumps() map[string]struct {
	v   kdb.Value
	hex string
} {
	type d = struct {
		v   kdb.Value
		hex string
	}
	return map[string]d{
		"int":         {kdb.Int(1), "010000000d000000fa01000000"},
		"int vector":  {kdb.Of[kdb.Int](1), "010000001200000006000100000001000000"},
		"byte vector": {kdb.Of[kdb.Byte](0, 1, 2, 3, 4), "01000000130000000400050000000001020304"},
		"list":        {kdb.NewList(kdb.Of[kdb.Byte](0, 1, 2, 3, 4)), "01000000190000000000010000000400050000000001020304"},
		"dictionary": {kdb.NewDict(kdb.Syms("a", "b"), kdb.Of[kdb.Int](2, 3)),
			"0100000021000000630b0002000000610062000600020000000200000003000000"},
		"sorted dictionary": {&kdb.Dict{K: withAttr(kdb.Sorted, kdb.Sym("a"), kdb.Sym("b")), V: kdb.Of[kdb.Int](2, 3), Sorted: true},
			"01000000210000007f0b0102000000610062000600020000000200000003000000"},
		"dictionary of vectors": {kdb.NewDict(kdb.Syms("a", "b"), kdb.NewList(kdb.Of[kdb.Int](2), kdb.Of[kdb.Int](3))),
			"010000002d000000630b0002000000610062000000020000000600010000000200000006000100000003000000"},
		"table": {table(kdb.NoAttr, "a", kdb.Of[kdb.Int](2), "b", kdb.Of[kdb.Int](3)),
			"010000002f0000006200630b0002000000610062000000020000000600010000000200000006000100000003000000"},
		"sorted table": {table(kdb.Sorted, "a", withAttr[kdb.Int](kdb.Parted, 2), "b", kdb.Of[kdb.Int](3)),
			"010000002f0000006201630b0002000000610062000000020000000603010000000200000006000100000003000000"},
		"keyed table": {kdb.NewDict(table(kdb.NoAttr, "a", kdb.Of[kdb.Int](2)), table(kdb.NoAttr, "b", kdb.Of[kdb.Int](3))),
			"010000003f000000636200630b00010000006100000001000000060001000000020000006200630b0001000000620000000100000006000100000003000000"},
		"sorted keyed table": {&kdb.Dict{K: table(kdb.Sorted, "a", kdb.Of[kdb.Int](2)), V: table(kdb.NoAttr, "b", kdb.Of[kdb.Int](3)), Sorted: true},
			"010000003f0000007f6201630b00010000006100000001000000060001000000020000006200630b0001000000620000000100000006000100000003000000"},
		"lambda":             {&kdb.Lambda{Source: "{x+y}"}, "010000001500000064000a00050000007b782b797d"},
		"lambda in .d":       {&kdb.Lambda{Namespace: "d", Source: "{x+y}"}, "01000000160000006464000a00050000007b782b797d"},
		"text of a request":  {kdb.Str("1+1"), "01000000110000000a0003000000312b31"},
		"generic null":       {kdb.Nil, "010000000a0000006500"},
		"enlist":             {kdb.Unary(41), "010000000a0000006529"},
		"add":                {kdb.Binary(1), "010000000a0000006601"},
		"scan":               {kdb.Iterator(2), "010000000a0000006702"},
		"projection":         {&kdb.Projection{F: kdb.Binary(1), Args: []kdb.Value{nil, kdb.Byte(2)}}, "0100000013000000680300000066" + "01" + "65ff" + "fc02"},
		"composition":        {&kdb.Compose{F: []kdb.Value{kdb.Unary(2), kdb.Unary(13)}}, "010000001100000069020000006502650d"},
		"sum":                {&kdb.Derived{Iter: 1, F: kdb.Binary(1)}, "010000000b0000006b6601"},
		"error":              {kdb.Error("type"), "010000000e000000807479706500"},
		"enumeration":        {&kdb.Enum{Domain: kdb.Sym("s"), Dom: kdb.Syms("a"), V: []kdb.Long{0}}, "01000000100000000b00010000006100"},
		"boolean and symbol": {kdb.NewList(kdb.Bool(true), kdb.Sym("x")), "01000000130000000000" + "02000000" + "ff01" + "f57800"},
	}
}

func TestMarshalAsTheManualShows(t *testing.T) {
	for name, d := range dumps() {
		want, err := hex.DecodeString(d.hex)
		if err != nil {
			t.Fatal(name, err)
		}
		// The length field of cases that the manual does not show is checked
		// against the bytes, so that a case cannot lie.
		if n := binary.LittleEndian.Uint32(want[4:]); int(n) != len(want) {
			t.Fatalf("%s: case says %d bytes and has %d", name, n, len(want))
		}
		got, err := ipc.Marshal(d.v)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: got %x, %v; want %x", name, got, err, want)
		}
		v, err := ipc.Unmarshal(want)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if name == "enumeration" { // comes back as plain symbols
			continue
		}
		if diff := kdbtest.Diff(v, d.v); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestUnmarshalIsInverseOfMarshal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := kdbtest.Value().Draw(t, "value")
		b, err := ipc.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if n := ipc.HeaderLen + object.Size(v); n != len(b) {
			t.Fatalf("size %d, encoded %d", n, len(b))
		}
		w, err := ipc.Unmarshal(b)
		if err != nil {
			t.Fatal(err)
		}
		if diff := kdbtest.Diff(v, w); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestCompressedIsInverse(t *testing.T) {
	compressed := 0
	rapid.Check(t, func(t *rapid.T) {
		item := kdbtest.Value().Draw(t, "item")
		items := make([]kdb.Value, rapid.IntRange(1, 400).Draw(t, "copies"))
		for i := range items {
			items[i] = item
		}
		b, err := ipc.MarshalCompressed(kdb.NewList(items...))
		if err != nil {
			t.Fatal(err)
		}
		if b[2] == 1 {
			compressed++
		}
		w, err := ipc.Unmarshal(b)
		if err != nil {
			t.Fatal(err)
		}
		if diff := kdbtest.Diff(kdb.NewList(items...), w); diff != "" {
			t.Fatal(diff)
		}
	})
	if compressed == 0 {
		t.Error("nothing was compressed")
	}
}

// bigEndian rewrites a few known messages in the other byte order.
func TestUnmarshalBigEndian(t *testing.T) {
	for hexed, want := range map[string]kdb.Value{
		"000000000000000dfa00000001":                                   kdb.Int(1),
		"00000000000000110a0000000003312b31":                           kdb.Str("1+1"),
		"000000000000001e0700000000020000000000000001fffffffffffffffe": kdb.Of[kdb.Long](1, -2),
		"0000000000000011f73ff8000000000000":                           kdb.Float(1.5),
	} {
		b, _ := hex.DecodeString(hexed)
		v, err := ipc.Unmarshal(b)
		if err != nil {
			t.Errorf("%s: %v", hexed, err)
			continue
		}
		if diff := kdbtest.Diff(v, want); diff != "" {
			t.Errorf("%s: %s", hexed, diff)
		}
	}
}

func TestUnmarshalErrors(t *testing.T) {
	deep := strings.Repeat("0000"+"01000000", 1200) + "6500"
	for name, c := range map[string]struct{ body, want string }{
		"count beyond the input": {"0700ffffff7f", "ends inside"},
		"negative count":         {"0700ffffffff", "negative count"},
		"unknown type":           {"2000", "unknown type 32"},
		"unknown attribute":      {"060501000000" + "01000000", "attribute 5"},
		"symbol without end":     {"f56162", "ends inside"},
		"uneven table":           {"6200630b000200000061006200000002000000" + "0600010000000200000006000000" + "0000", "one length"},
		"uneven dictionary":      {"630b0001000000610006000000" + "0000", "one length"},
		"dictionary of atoms":    {"63fa01000000fa01000000", "lists"},
		"table of atoms":         {"6200fa01000000", "dictionary"},
		"lambda without text":    {"6400fa01000000", "without text"},
		"projection of nothing":  {"6800000000", "without a function"},
		"nested without end":     {deep, "nested"},
		"more after the value":   {"fa0100000000", "1 bytes after"},
	} {
		body, err := hex.DecodeString(c.body)
		if err != nil {
			t.Fatal(name, err)
		}
		if _, err := ipc.Unmarshal(message(body)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
	for name, h := range map[string]string{
		"no such order":    "0200000009000000ff",
		"no such kind":     "0103000009000000ff",
		"length too small": "0100000003000000ff",
		"length too large": "010000000a000000ff",
		"short":            "010000",
	} {
		b, _ := hex.DecodeString(h)
		if _, err := ipc.Unmarshal(b); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	b, _ := hex.DecodeString("0100020009000000ff")
	if _, err := ipc.Unmarshal(b); !errors.Is(err, ipc.ErrTooLarge) {
		t.Errorf("compression 2: got %v", err)
	}
}

// TestUnmarshalDamage reads messages, compressed ones too, cut at every byte and
// with every bit changed: an error or a value, and never a part taken for all.
func TestUnmarshalDamage(t *testing.T) {
	messages := map[string][]byte{}
	for name, d := range dumps() {
		messages[name], _ = hex.DecodeString(d.hex)
	}
	packed, err := ipc.MarshalCompressed(kdb.NewList(kdb.NewVec(make([]kdb.Long, 300)), kdb.Syms("abc", "abcd")))
	if err != nil || packed[2] != 1 {
		t.Fatalf("not compressed: %v", err)
	}
	messages["compressed"] = packed
	for name, whole := range messages {
		for n := range whole {
			cut := bytes.Clone(whole[:n])
			if n >= ipc.HeaderLen { // say that this is all
				binary.LittleEndian.PutUint32(cut[4:], uint32(n))
			}
			if v, err := ipc.Unmarshal(cut); err == nil {
				t.Errorf("%s cut to %d: got %v", name, n, v)
			}
			for bit := range 8 {
				b := bytes.Clone(whole)
				b[n] ^= 1 << bit
				if v, err := ipc.Unmarshal(b); err == nil {
					kdb.Format(v, kdb.DefaultConsole())
				}
			}
		}
	}
}

// TestParseHeaderOver4GB: the length has 40 bits and does not wrap around.
func TestParseHeaderOver4GB(t *testing.T) {
	for hexed, want := range map[string]int64{
		"01000001" + "00000000": 1 << 32,
		"010000ff" + "ffffffff": 1<<40 - 1,
		"01000000" + "00000080": 1 << 31,
		"00010001" + "00000010": 1<<32 + 16,
	} {
		b, _ := hex.DecodeString(hexed)
		if h, err := ipc.ParseHeader(b); err != nil || h.Len != want {
			t.Errorf("%s: got %+v, %v; want %d", hexed, h, err, want)
		}
	}
}

// message puts a header before a body.
func message(body []byte) []byte {
	b := append([]byte{1, 0, 0, 0, 0, 0, 0, 0}, body...)
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)))
	return b
}

func FuzzUnmarshal(f *testing.F) {
	for _, d := range dumps() {
		b, _ := hex.DecodeString(d.hex)
		f.Add(b)
	}
	v := make([]kdb.Long, 1000)
	z, err := ipc.MarshalCompressed(kdb.NewList(kdb.NewVec(v), kdb.Syms("abc", "defghijklm")))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(z)
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := ipc.Unmarshal(bytes.Clone(b))
		if err != nil {
			return
		}
		again, err := ipc.Marshal(v)
		if err != nil {
			t.Fatalf("decoded but not encoded: %v", err)
		}
		w, err := ipc.Unmarshal(again)
		if err != nil {
			t.Fatal(err)
		}
		if diff := kdbtest.Diff(v, w); diff != "" {
			t.Fatal(diff)
		}
		kdb.Format(v, kdb.DefaultConsole())
	})
}

// TestUnmarshalAllocation has messages that claim much and hold little.
func TestUnmarshalAllocation(t *testing.T) {
	const n = 1 << 20
	body := make([]byte, n)
	for i, at := 0, 0; at+6 < n/2 && i < object.MaxDepth-2; i++ { // lists in lists, each claiming all the rest
		binary.LittleEndian.PutUint32(body[at+2:], uint32((n-at)/4))
		at += 6
	}
	msg := message(body)
	var failed error
	got := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, failed = ipc.Unmarshal(msg)
		}
	})
	if failed == nil {
		t.Fatal("no error")
	}
	if bytes := got.AllocedBytesPerOp(); bytes > 40*n {
		t.Errorf("%d bytes allocated for a message of %d", bytes, n)
	}
}

// TestDecodeAllocatesOnlyValues counts what decoding small messages allocates
// once the decoder knows their symbols: an atom's box (none up to 255 and for
// symbols), a vector and its elements, a list and its items, a table with its
// names and columns.
func TestDecodeAllocatesOnlyValues(t *testing.T) {
	long, longs := kdb.Long(1000), kdb.Of[kdb.Long](1, 2, 3)
	for name, c := range map[string]struct {
		v    kdb.Value
		want float64
	}{
		"long":    {long, 1},
		"symbol":  {kdb.Sym("IBM"), 1},
		"longs":   {longs, 2},
		"symbols": {kdb.Syms("IBM", "a symbol of more bytes"), 2},
		"list":    {kdb.NewList(long, longs), 2 + 1 + 2},
		"row":     {rowUpdate(1 << 40), 2 + 1 + 1 + (2 + 1 + 1 + 1 + 1)},
		"table":   {table(kdb.NoAttr, "a", longs, "b", longs), 1 + 1 + 1 + 2 + 2},
	} {
		b, err := ipc.Marshal(c.v)
		if err != nil {
			t.Fatal(err)
		}
		got := testing.AllocsPerRun(1000, func() {
			if _, err := ipc.Unmarshal(b); err != nil {
				t.Fatal(err)
			}
		})
		if got > c.want {
			t.Errorf("%s: %v allocations, of values %v", name, got, c.want)
		}
	}
}

// FuzzFrames: what comes in small reads is taken apart as what comes at once,
// and nothing is lost between messages.
func FuzzFrames(f *testing.F) {
	two := append(message([]byte{0xff, 1}), message([]byte{0xfa, 1, 0, 0, 0})...)
	f.Add(two, byte(1))
	f.Add(append(two, 1, 2, 0, 0, 0xff), byte(7))
	f.Add(message(make([]byte, 40<<10)), byte(200))
	f.Fuzz(func(t *testing.T, b []byte, size byte) {
		whole, err := ipc.Frames(b, len(b)+1, 1<<20)
		parts, err2 := ipc.Frames(b, int(size)+1, 1<<20)
		if (err == io.EOF) != (err2 == io.EOF) || len(whole) != len(parts) {
			t.Fatalf("%d messages and %v, in reads of %d bytes %d and %v", len(whole), err, size, len(parts), err2)
		}
		if !bytes.HasPrefix(b, bytes.Join(whole, nil)) || !bytes.Equal(bytes.Join(whole, nil), bytes.Join(parts, nil)) {
			t.Fatal("messages are not what was sent")
		}
	})
}

// FuzzLogin: a login that is understood is understood again from its own bytes.
func FuzzLogin(f *testing.F) {
	for _, s := range []string{"user:pw\x03", "user", "", "GE\x03", "a:b:c\x06", "\x01"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := ipc.ParseLogin(b)
		if err != nil {
			return
		}
		again, err := ipc.ParseLogin(bytes.TrimSuffix(l.Append(nil), []byte{0}))
		if err != nil && l.Capability != 0 || err == nil && again != l {
			t.Fatalf("got %+v, %v, want %+v", again, err, l)
		}
	})
}
