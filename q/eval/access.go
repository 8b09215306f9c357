package eval

import (
	"strconv"
	"strings"

	"github.com/quoinhq/quoin/kdb"
)

// restricted reports whether -u 1 binds what this thread does.
// Source: KX manual, "Command line", -u.
func (th *thread) restricted() bool { return th.eng.conf.restricted && th.handle != 0 }

// mayReach refuses a file outside the current folder where only what is in it
// may be reached: to others under -u 1, and in reval.
func (th *thread) mayReach(name, full string) error {
	if !th.restricted() && th.reval == 0 {
		return nil
	}
	dir := strings.TrimSuffix(th.eng.dir(), "/")
	if full == dir || strings.HasPrefix(full, dir+"/") {
		return nil
	}
	return accessError(name)
}

func accessError(name string) error { return kdb.Error("access: " + name) }

// writing refuses changes to files where assignments are refused.
func (th *thread) writing() error {
	if th.readOnly > 0 {
		return errNoUpd
	}
	return nil
}

// blocked is .z.r: whether an update here would be refused.
func (th *thread) blocked() bool {
	return th.sub || th.readOnly > 0 || th.eng.conf.blocked && th.handle != 0
}

// showing are the system commands that without an argument, or with a namespace
// for one, change nothing.
var showing = wordSet("c C d e E g o p P s S t T w W z _")

// maySystem refuses system commands to others under -u 1, and those that change
// something where updates are refused.
func (th *thread) maySystem(name, arg string) error {
	if th.restricted() {
		return kdb.Error("access")
	}
	if th.readOnly == 0 && !th.sub {
		return nil
	}
	switch name {
	case "a", "b", "B", "f", "v", "ts", "":
		return nil
	case "t":
		if _, err := strconv.Atoi(arg); arg != "" && err != nil {
			return nil // times an expression
		}
	case "S", "s":
		if arg == "0N" {
			return nil
		}
	case "w":
		if arg == "0" || arg == "1" {
			return nil
		}
	}
	if showing[name] && arg == "" || strings.HasPrefix(name, "t:") || strings.HasPrefix(name, "ts:") {
		return nil
	}
	return errNoUpd
}
