package kdb

import (
	"hash/maphash"
	"math/bits"
	"sync"
	"sync/atomic"
)

// Symbol is an interned string. Two symbols are equal exactly if their texts
// are. The zero Symbol is the null symbol, the empty text.
//
// Symbols are small integers into one table for the process, as in kdb+, so
// that a symbol column holds no pointers, costs four bytes a row and can be
// grouped by array index. The table only grows; a symbol is never forgotten.
// It is the one package-level mutable state here: a symbol means the same in
// every engine and connection of a process, and a table of each engine's own
// would turn every exchange between two of them into a translation.
type Symbol struct{ id uint32 }

// Sym returns the symbol with text s. It may be called concurrently.
func Sym(s string) Symbol { return symbols.intern(s) }

// SymBytes is Sym for a byte slice, which is copied only when the symbol is new.
func SymBytes(b []byte) Symbol { return symbols.internBytes(b) }

// SymbolCount returns how many different symbols the process holds.
func SymbolCount() int { return int(symbols.next.Load()) }

// String returns the symbol's text.
func (s Symbol) String() string { return symbols.text(s.id) }

// ID returns the symbol's number, dense from 0 (the null symbol) in the order
// symbols were first seen, for direct-indexed grouping. It means nothing
// outside this process.
func (s Symbol) ID() uint32 { return s.id }

const (
	symShards    = 64
	symFirstBits = 10 // texts are kept in chunks of 1<<10, 1<<11, … so that none ever moves
)

// symTable maps text to number through locked shards, and number to text
// through chunks that are published once and never move, so that reading a
// symbol's text takes no lock.
type symTable struct {
	seed   maphash.Seed
	next   atomic.Uint32
	shards [symShards]struct {
		mu sync.RWMutex
		m  map[string]uint32
		_  [32]byte // keeps two shards' locks off one cache line
	}
	grow   sync.Mutex
	chunks [32 - symFirstBits]atomic.Pointer[[]string]
}

var symbols = newSymTable()

func newSymTable() *symTable {
	t := &symTable{seed: maphash.MakeSeed()}
	for i := range t.shards {
		t.shards[i].m = map[string]uint32{}
	}
	t.intern("")
	return t
}

func (t *symTable) intern(s string) Symbol {
	sh := &t.shards[maphash.String(t.seed, s)%symShards]
	sh.mu.RLock()
	id, ok := sh.m[s]
	sh.mu.RUnlock()
	if ok {
		return Symbol{id}
	}
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if id, ok := sh.m[s]; ok {
		return Symbol{id}
	}
	// The text is stored before the number becomes visible in the shard.
	id = t.add(s)
	sh.m[s] = id
	return Symbol{id}
}

func (t *symTable) internBytes(b []byte) Symbol {
	sh := &t.shards[maphash.Bytes(t.seed, b)%symShards]
	sh.mu.RLock()
	id, ok := sh.m[string(b)] // no allocation: the compiler looks up without a copy
	sh.mu.RUnlock()
	if ok {
		return Symbol{id}
	}
	return t.intern(string(b))
}

func (t *symTable) add(s string) uint32 {
	t.grow.Lock()
	defer t.grow.Unlock()
	id := t.next.Load()
	c, i := symPlace(id)
	p := t.chunks[c].Load()
	if p == nil {
		s := make([]string, 1<<(symFirstBits+c))
		p = &s
		t.chunks[c].Store(p)
	}
	(*p)[i] = s
	t.next.Store(id + 1)
	return id
}

func (t *symTable) text(id uint32) string {
	c, i := symPlace(id)
	return (*t.chunks[c].Load())[i]
}

// symPlace returns the chunk and the place in it of symbol number id: chunk c
// holds the 1<<(symFirstBits+c) numbers from (1<<c - 1) << symFirstBits on.
func symPlace(id uint32) (chunk, place uint32) {
	n := id>>symFirstBits + 1
	chunk = uint32(bits.Len32(n)) - 1
	return chunk, id - (1<<chunk-1)<<symFirstBits
}
