package blob

import (
	"context"
	"sync"
)

// Amount is so many files and bytes.
type Amount struct{ Files, Bytes int64 }

// Progress is how far something has come that takes its time.
type Progress struct {
	Stage       string // what is being done now, in words
	Done, Total Amount // of that; a Total of nothing is not known
}

// Meter is told by work that takes its time how far it has come. It travels in
// the work's context, and a nil one is nobody's. Its methods may be called
// concurrently.
type Meter struct {
	parent *Meter // is told of bytes as well

	mu  sync.Mutex // protects now
	now Progress
}

type meterKey struct{}

// WithMeter has work under the context tell m; nil has it tell nobody.
func WithMeter(ctx context.Context, m *Meter) context.Context {
	return context.WithValue(ctx, meterKey{}, m)
}

// MeterOf returns the meter that work under the context tells, or nil.
func MeterOf(ctx context.Context) *Meter {
	m, _ := ctx.Value(meterKey{}).(*Meter)
	return m
}

// Stage begins something else, of which there is so much to do as far as is
// known.
func (m *Meter) Stage(name string, total Amount) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = Progress{Stage: name, Total: total}
}

// Expect says that there is more to do than was known.
func (m *Meter) Expect(files, bytes int64) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now.Total.Files += files
	m.now.Total.Bytes += bytes
}

// Add says that so much has been done.
func (m *Meter) Add(files, bytes int64) {
	if m == nil {
		return
	}
	m.parent.Add(0, bytes)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now.Done.Files += files
	m.now.Done.Bytes += bytes
}

// File begins a file of which bytes may be told while they come; end, which is
// called when all of it is there, counts it and those that were not told.
func (m *Meter) File(ctx context.Context) (inner context.Context, end func(size int64)) {
	if m == nil {
		return ctx, func(int64) {}
	}
	part := &Meter{parent: m}
	return WithMeter(ctx, part), func(size int64) { m.Add(1, size-part.Progress().Done.Bytes) }
}

// Progress returns how far it has come.
func (m *Meter) Progress() Progress {
	if m == nil {
		return Progress{}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}
