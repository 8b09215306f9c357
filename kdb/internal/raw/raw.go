// Package raw views the elements of typed vectors as the bytes that kdb+ puts
// on the wire and in files, and back. It is the only place of the kdb packages
// that uses unsafe: the element types hold no pointers, and their memory is
// what kdb+ writes on a machine of the same byte order. A kdb.Symbol is the one
// exception: its number means nothing outside the process, so no caller passes
// symbols here.
package raw

import (
	"encoding/binary"
	"unsafe"

	"github.com/quoinhq/quoin/kdb"
)

// Little reports whether this machine is little-endian.
var Little = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// Size returns the bytes of one element.
func Size[T kdb.Elem]() int {
	var z T
	return int(unsafe.Sizeof(z))
}

// Bytes returns the memory of s.
func Bytes[T kdb.Elem](s []T) []byte {
	if len(s) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&s[0])), len(s)*Size[T]())
}

// View returns b, whose length is a multiple of T's size, as elements in the
// same memory, and whether it could: the memory must be aligned for T.
func View[T kdb.Elem](b []byte) ([]T, bool) {
	if len(b) == 0 {
		return nil, true
	}
	p := unsafe.Pointer(&b[0])
	var z T
	if uintptr(p)%unsafe.Alignof(z) != 0 {
		return nil, false
	}
	return unsafe.Slice((*T)(p), len(b)/Size[T]()), true
}

// Copy returns the elements that b holds in new memory. swap says that b is in
// the other byte order.
func Copy[T kdb.Elem](b []byte, swap bool) []T {
	size := Size[T]()
	n := len(b) / size
	if n == 0 {
		return []T{}
	}
	// The source need not be aligned: append only copies its memory. Unlike make
	// and copy it does not clear the new memory first.
	s := append([]T(nil), unsafe.Slice((*T)(unsafe.Pointer(&b[0])), n)...)
	if swap {
		Swap(Bytes(s), size)
	}
	return s
}

// Swap reverses the bytes of each element of size bytes in b. A GUID has no
// byte order and stays as it is.
func Swap(b []byte, size int) {
	switch size {
	case 2:
		for i := 0; i+2 <= len(b); i += 2 {
			b[i], b[i+1] = b[i+1], b[i]
		}
	case 4:
		for i := 0; i+4 <= len(b); i += 4 {
			binary.LittleEndian.PutUint32(b[i:], binary.BigEndian.Uint32(b[i:]))
		}
	case 8:
		for i := 0; i+8 <= len(b); i += 8 {
			binary.LittleEndian.PutUint64(b[i:], binary.BigEndian.Uint64(b[i:]))
		}
	}
}

// Append appends the elements of s in little-endian order.
func Append[T kdb.Elem](b []byte, s []T) []byte {
	at := len(b)
	b = append(b, Bytes(s)...)
	if !Little {
		Swap(b[at:], Size[T]())
	}
	return b
}
