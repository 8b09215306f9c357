package doctor

import "golang.org/x/sys/unix"

// synchronised asks the kernel whether something keeps its clock right.
// Source: adjtimex(2), STA_UNSYNC.
func synchronised() (bool, error) {
	var t unix.Timex
	if _, err := unix.Adjtimex(&t); err != nil {
		return false, err
	}
	return t.Status&unix.STA_UNSYNC == 0, nil
}
