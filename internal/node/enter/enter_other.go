//go:build !linux

package enter

import (
	"fmt"
	"io"
)

// Run says that there are no mount namespaces here.
func Run(_ []string, _ io.Reader, _, errs io.Writer) int {
	fmt.Fprintln(errs, "quoin: q binaries other than the embedded engine need Linux")
	return 2
}
