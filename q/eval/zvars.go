package eval

import (
	"math/rand/v2"
	"time"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
)

// Version is what .z.K reports: the kdb+ version this engine is compatible with.
const Version = 4.1

// zValue returns a variable of .z that has no assigned value.
// Source: KX manual, "The .z namespace" (ref/dotz).
func (th *thread) zValue(name string) (kdb.Value, bool, error) {
	if len(name) < 4 || name[:3] != ".z." {
		return nil, false, nil
	}
	v := th.zVariable(name[3:])
	return v, v != nil, nil
}

func (th *thread) zVariable(name string) kdb.Value {
	eng := th.eng
	switch name {
	case "p", "n", "z", "t", "d":
		return moment(name[0], eng.sys.Now().UTC())
	case "P", "N", "Z", "T", "D":
		return moment(name[0]|0x20, eng.local(eng.sys.Now()))
	case "a":
		return eng.ipc.address(th.handle)
	case "c":
		return kdb.Int(numCPU())
	case "e":
		return eng.ipc.connectionTLS(th.handle)
	case "r":
		return kdb.Bool(th.blocked())
	case "b":
		return eng.dependencies()
	case "f":
		return kdb.Sym(eng.conf.script)
	case "h":
		return kdb.Sym(eng.sys.Hostname())
	case "i":
		return kdb.Int(eng.sys.Pid())
	case "k":
		return kdb.Date(9131)
	case "K":
		return kdb.Float(Version)
	case "l":
		return kdb.NewList() // there is no licence
	case "o":
		return kdb.Sym("l64")
	case "q":
		return kdb.Bool(eng.conf.quiet)
	case "s":
		if th.depth > 0 {
			for i := th.depth - 1; i >= 0; i-- {
				if l := th.frames[i].fn.lambda; l != nil {
					return l
				}
			}
		}
		return kdb.Nil
	case "u":
		return kdb.Sym(eng.ipc.user(th.handle))
	case "w":
		return kdb.Int(th.handle)
	case "W":
		return eng.ipc.queues()
	case "H":
		return eng.ipc.handles()
	case "x":
		out := make([]kdb.Value, len(eng.conf.args))
		for i, a := range eng.conf.args {
			out[i] = kdb.Str(a)
		}
		return kdb.NewList(out...)
	case "X":
		out := []kdb.Value{kdb.Str("q")}
		for _, a := range eng.conf.line {
			out = append(out, kdb.Str(a))
		}
		return kdb.NewList(out...)
	case "ex":
		if th.lastErr != nil && th.lastErr.op != nil {
			return th.lastErr.op
		}
	case "ey":
		if th.lastErr != nil {
			return kdb.NewList(th.lastErr.args...)
		}
	}
	return nil
}

// isUncalled tells the handlers that nothing calls, which are refused rather than
// set in vain: of qcon's protocol, and peach's processes.
func isUncalled(name string) bool { return name == ".z.pq" || name == ".z.pd" }

// local returns a time in the zone of .z.P.
func (eng *Engine) local(t time.Time) time.Time {
	if eng.conf.utcOffset != noOffset {
		return t.UTC().Add(time.Duration(eng.conf.utcOffset) * time.Minute)
	}
	_, off := t.In(eng.sys.Location()).Zone()
	return t.UTC().Add(time.Duration(off) * time.Second)
}

var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// moment returns t, a wall clock in UTC's clothes, as the type letter tells.
func moment(typ byte, t time.Time) kdb.Value {
	days := (t.Unix() - epoch.Unix()) / 86400
	nanos := (t.Unix()-epoch.Unix())%86400*1e9 + int64(t.Nanosecond())
	switch typ {
	case 'p':
		return kdb.Timestamp(days*86400e9 + nanos)
	case 'n':
		return kdb.Timespan(nanos)
	case 't':
		return kdb.Time(nanos / 1e6)
	case 'd':
		return kdb.Date(days)
	}
	return kdb.Datetime(float64(days) + float64(nanos/1e6)/86400e3)
}

// newRand returns the generator behind roll and deal for a seed (\S).
func newRand(seed int) prim.Source {
	return rand.NewPCG(uint64(seed), 0x9e3779b97f4a7c15)
}
