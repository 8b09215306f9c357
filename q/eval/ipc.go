package eval

import (
	"github.com/quoinhq/quoin/kdb"
)

// connections are an engine's handles, its listening port and its timer.
type connections struct {
	eng *Engine
}

func newConnections(eng *Engine) *connections { return &connections{eng: eng} }

func (c *connections) port(th *thread, arg string) (kdb.Value, error) { return kdb.Int(0), nil }
func (c *connections) setTimer(ms int)                                {}
func (c *connections) address(h int) kdb.Value                        { return kdb.Int(0) }
func (c *connections) user(h int) string                              { return c.eng.sys.User() }
func (c *connections) queues() kdb.Value {
	return kdb.NewDict(&kdb.Ints{}, kdb.NewList())
}
func (c *connections) handles() kdb.Value { return &kdb.Ints{} }

// applyHandle is h x: a message to a process, text to a file or the console.
func (th *thread) applyHandle(h int, args []kdb.Value) (kdb.Value, error) {
	if len(args) != 1 {
		return nil, errRank
	}
	switch h {
	case 0:
		return th.valueOf(args[0])
	case 1, 2, -1, -2:
		return kdb.Int(h), th.writeConsole(h, args[0])
	}
	return nil, errType
}

func (th *thread) writeConsole(h int, x kdb.Value) error {
	w := th.eng.sys.Stdout()
	if h == 2 || h == -2 {
		w = th.eng.sys.Stderr()
	}
	emit := func(v kdb.Value) error {
		s, ok := stringOf(v)
		if !ok {
			return errType
		}
		if h < 0 {
			s += "\n"
		}
		_, err := w.Write([]byte(s))
		return err
	}
	if l, ok := x.(*kdb.List); ok {
		for _, v := range l.V {
			if err := emit(v); err != nil {
				return err
			}
		}
		return nil
	}
	return emit(x)
}

func (t specialTable) processKeywords() {
	t.unary("exit", func(th *thread, x kdb.Value) (kdb.Value, error) {
		code, ok := intOf(x)
		if !ok {
			return nil, errType
		}
		th.eng.sys.Exit(code)
		th.eng.Interrupt()
		return kdb.Nil, errStop
	})
	t.unary("getenv", func(th *thread, x kdb.Value) (kdb.Value, error) {
		s, ok := x.(kdb.Symbol)
		if !ok {
			return nil, errType
		}
		return kdb.Str(th.eng.sys.Getenv(s.String())), nil
	})
	t.binary("setenv", func(th *thread, x, y kdb.Value) (kdb.Value, error) {
		s, ok := x.(kdb.Symbol)
		v, ok2 := stringOf(y)
		if !ok || !ok2 {
			return nil, errType
		}
		return kdb.Nil, th.eng.sys.Setenv(s.String(), v)
	})
}
