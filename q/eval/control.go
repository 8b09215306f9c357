package eval

import "github.com/quoinhq/quoin/kdb"

// seqNode is a;b;c, left to right.
type seqNode struct{ exprs []node }

func (n *seqNode) eval(fr *frame) (v kdb.Value, err error) {
	v = kdb.Nil
	for _, x := range n.exprs {
		if v, err = x.eval(fr); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// condNode is $[c;t;c;t;…;f].
type condNode struct {
	args []node
	pos  int
}

func (n *condNode) eval(fr *frame) (kdb.Value, error) {
	i := 0
	for ; i+1 < len(n.args); i += 2 {
		ok, err := truth(n.args[i], fr, n.pos)
		if err != nil {
			return nil, err
		}
		if ok {
			return n.args[i+1].eval(fr)
		}
	}
	if i < len(n.args) {
		return n.args[i].eval(fr)
	}
	return kdb.Nil, nil
}

// truth evaluates a condition: any non-zero atom is true.
func truth(n node, fr *frame, pos int) (bool, error) {
	v, err := borrow(n, fr)
	if err != nil {
		return false, err
	}
	for {
		if b, ok := v.(kdb.Bool); ok {
			return bool(b), nil
		}
		if t, ok := isTrue(v); ok {
			return t, nil
		}
		if v, err = fr.at(errType, pos); err != nil {
			return false, err
		}
	}
}

// isTrue returns the truth of an atom, and whether it has one.
func isTrue(v kdb.Value) (truth, ok bool) {
	switch x := v.(type) {
	case kdb.Bool:
		return bool(x), true
	case kdb.Long:
		return x != 0, true
	case kdb.Int:
		return x != 0, true
	case kdb.Short:
		return x != 0, true
	case kdb.Byte:
		return x != 0, true
	case kdb.Float:
		return x != 0, true
	case kdb.Real:
		return x != 0, true
	case kdb.Char:
		return x != 0, true
	case kdb.Timestamp:
		return x != 0, true
	case kdb.Timespan:
		return x != 0, true
	case kdb.Date:
		return x != 0, true
	case kdb.Month:
		return x != 0, true
	case kdb.Minute:
		return x != 0, true
	case kdb.Second:
		return x != 0, true
	case kdb.Time:
		return x != 0, true
	case kdb.Datetime:
		return x != 0, true
	case kdb.Unary:
		return false, false
	}
	return false, false
}

// ifNode, whileNode and doNode are the control words.
type ifNode struct {
	cond node
	body []node
	pos  int
}

func (n *ifNode) eval(fr *frame) (kdb.Value, error) {
	ok, err := truth(n.cond, fr, n.pos)
	if err != nil {
		return nil, err
	}
	if ok {
		for _, x := range n.body {
			if _, err := x.eval(fr); err != nil {
				return nil, err
			}
		}
	}
	return kdb.Nil, nil
}

type whileNode struct {
	cond node
	body []node
	pos  int
}

func (n *whileNode) eval(fr *frame) (kdb.Value, error) {
	stop := &fr.th.eng.stop
	for {
		ok, err := truth(n.cond, fr, n.pos)
		if err != nil {
			return nil, err
		}
		if !ok {
			return kdb.Nil, nil
		}
		for _, x := range n.body {
			if _, err := x.eval(fr); err != nil {
				return nil, err
			}
		}
		if stop.Load() != stopNo {
			if err := fr.th.eng.check(); err != nil {
				return fr.at(err, n.pos)
			}
		}
	}
}

type doNode struct {
	count node
	body  []node
	pos   int
}

func (n *doNode) eval(fr *frame) (kdb.Value, error) {
	v, err := borrow(n.count, fr)
	if err != nil {
		return nil, err
	}
	count, ok := intOf(v)
	if !ok {
		return fr.at(errType, n.pos)
	}
	stop := &fr.th.eng.stop
	for range max(count, 0) {
		for _, x := range n.body {
			if _, err := x.eval(fr); err != nil {
				return nil, err
			}
		}
		if stop.Load() != stopNo {
			if err := fr.th.eng.check(); err != nil {
				return fr.at(err, n.pos)
			}
		}
	}
	return kdb.Nil, nil
}

type returnNode struct{ x node }

func (n *returnNode) eval(fr *frame) (kdb.Value, error) {
	v, err := n.x.eval(fr)
	if err != nil {
		return nil, err
	}
	fr.ret = v
	return nil, errReturn
}

type signalNode struct {
	x   node
	pos int
}

func (n *signalNode) eval(fr *frame) (kdb.Value, error) {
	v, err := n.x.eval(fr)
	if err != nil {
		return nil, err
	}
	var msg string
	switch x := v.(type) {
	case kdb.Symbol:
		msg = x.String()
	case *kdb.Chars:
		msg = text(x)
	case kdb.Error:
		msg = string(x)
	default:
		return fr.at(kdb.Error("stype"), n.pos)
	}
	// A signal cuts the stack back: its own frame is no place of the trace,
	// unless it is the outermost.
	if fr.depth == 0 {
		return fr.at(kdb.Error(msg), n.pos)
	}
	return nil, &Error{Msg: kdb.Error(msg), depth: fr.depth}
}
