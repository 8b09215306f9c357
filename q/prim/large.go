package prim

import (
	"strings"
	"unsafe"
)

// rawFrom is the size from which it pays not to zero what will be overwritten.
const rawFrom = 1 << 20

// MakeRaw returns a slice of n elements, which hold no pointers, for somebody
// who writes every one of them: a long one is not zeroed, and holds whatever its
// memory held before. It panics with ErrMemory when there is no memory for it.
//
// Only strings.Builder hands out memory as it is; its start lies at the start
// of an allocation, and so fits any element.
func MakeRaw[T any](n int) []T {
	var z T
	size := int(unsafe.Sizeof(z))
	room(n, size)
	if n < rawFrom/size {
		return make([]T, n)
	}
	var b strings.Builder
	b.Grow(n * size)
	b.WriteByte(0) // an empty string need not point anywhere
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.StringData(b.String()))), n)
}
