package eval

import "syscall"

// machineMemory is the machine's memory in bytes.
func machineMemory() int64 {
	var s syscall.Sysinfo_t
	if syscall.Sysinfo(&s) != nil {
		return 1 << 40
	}
	return int64(s.Totalram) * int64(s.Unit)
}
