// Package machine says what the machine has that the program runs on.
package machine

import "syscall"

// Memory is the machine's memory in bytes; 1 TiB when it cannot be found out.
func Memory() int64 {
	var s syscall.Sysinfo_t
	if syscall.Sysinfo(&s) != nil {
		return 1 << 40
	}
	return int64(s.Totalram) * int64(s.Unit)
}
