package eval

import (
	"fmt"
	"runtime"

	"github.com/quoinhq/quoin/kdb"
)

func numCPU() int { return runtime.NumCPU() }

// guard turns a panic of the code it runs into a q error, so that no q program
// ends the process.
func guard(f func() (kdb.Value, error)) (v kdb.Value, err error) {
	defer func() {
		if r := recover(); r != nil {
			if e, ok := r.(runtime.Error); ok {
				err = kdb.Error("internal: " + e.Error())
				return
			}
			err = kdb.Error(fmt.Sprint("internal: ", r))
		}
	}()
	return f()
}

// SetMemoryLimit sets -w: how many bytes the process may hold before
// evaluations end with 'wsfull; 0 is no limit.
func (eng *Engine) SetMemoryLimit(bytes int64) { eng.conf.limitMB = bytes >> 20 }
