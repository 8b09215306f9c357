package machine

import "golang.org/x/sys/unix"

// Memory is the machine's memory in bytes; 1 TiB when it cannot be found out.
func Memory() int64 {
	n, err := unix.SysctlUint64("hw.memsize")
	if err != nil {
		return 1 << 40
	}
	return int64(n)
}
