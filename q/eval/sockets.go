package eval

import (
	"net"
	"slices"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/ipc"
)

// isSocket tells connections to processes and browsers from files.
func isSocket(h *handle) bool { return h.conn != nil || h.ws != nil }

// waiting returns how many messages wait to be written, and their bytes.
func (h *handle) waiting() (n, bytes int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range h.queue {
		if b, ok := m.(*broadcast); ok {
			m = b.Value
		}
		if h.ws != nil {
			bytes += m.Len()
		} else {
			bytes += ipc.Size(m)
		}
	}
	return len(h.queue), bytes
}

// queues is .z.W: the bytes that wait on each handle.
func (c *connections) queues() kdb.Value {
	c.mu.Lock()
	defer c.mu.Unlock()
	ids := c.ids()
	vals := make([]kdb.Long, len(ids))
	for i, id := range ids {
		_, bytes := c.byID[int(id)].waiting()
		vals[i] = kdb.Long(bytes)
	}
	return kdb.NewDict(kdb.NewVec(ids), kdb.NewVec(vals))
}

// handles is .z.H.
func (c *connections) handles() kdb.Value {
	c.mu.Lock()
	defer c.mu.Unlock()
	v := kdb.NewVec(c.ids())
	v.Attr = kdb.Sorted
	return v
}

// ids returns the handles of sockets, ascending. c.mu is held.
func (c *connections) ids() []kdb.Int {
	ids := []kdb.Int{}
	for id, h := range c.byID {
		if isSocket(h) {
			ids = append(ids, kdb.Int(id))
		}
	}
	slices.Sort(ids)
	return ids
}

// socketTable is -38!: protocol, family, compression and queue of handles.
func (c *connections) socketTable(y kdb.Value) (kdb.Value, error) {
	n := 1
	if !isAtom(y) {
		n = y.Len()
	}
	var p, f []kdb.Char
	var z []kdb.Bool
	var count, bytes []kdb.Long
	for i := range n {
		x := y
		if !isAtom(y) {
			x = item(y, i)
		}
		id, ok := intOf(x)
		if !ok {
			return nil, errType
		}
		h := c.get(id)
		if h == nil || !isSocket(h) {
			return nil, errDomain
		}
		protocol, family := kdb.Char('w'), kdb.Char('u')
		if h.conn != nil {
			protocol = 'q'
		}
		if _, ok := h.addr.(*net.TCPAddr); ok {
			family = 't'
		}
		k, b := h.waiting()
		p, f, z = append(p, protocol), append(f, family), append(z, kdb.Bool(h.conn != nil && h.conn.Compresses()))
		count, bytes = append(count, kdb.Long(k)), append(bytes, kdb.Long(b))
	}
	names := kdb.Syms("p", "f", "z", "n", "m")
	if isAtom(y) {
		return kdb.NewDict(names, kdb.NewList(p[0], f[0], z[0], count[0], bytes[0])), nil
	}
	return kdb.NewTable(names.V, []kdb.Value{kdb.NewVec(p), kdb.NewVec(f), kdb.NewVec(z), kdb.NewVec(count), kdb.NewVec(bytes)}), nil
}

// ipcSettings is .Q.ipc: whether a handle compresses what it sends.
func (th *thread) ipcSettings(x, y kdb.Value) (kdb.Value, error) {
	id, ok := intOf(x)
	d, isDict := y.(*kdb.Dict)
	if !ok || !isDict {
		return nil, errType
	}
	h := th.eng.ipc.get(max(id, -id))
	if h == nil || h.conn == nil {
		return nil, errDomain
	}
	keys, _ := symbolKeys(d, true)
	for i, k := range keys {
		on, ok := isTrue(item(d.V, i))
		if k.String() != "z" || !ok {
			return nil, errDomain
		}
		h.conn.SetCompression(on)
	}
	return kdb.Nil, nil
}

// address is .z.a: the IPv4 address of the other side as an integer, or that of
// this machine's name.
func (c *connections) address(id int) kdb.Value {
	if h := c.get(id); h != nil && h.addr != nil {
		if a, ok := h.addr.(*net.TCPAddr); ok {
			if ip := a.IP.To4(); ip != nil {
				return kdb.Int(ipNumber(ip))
			}
			if a.IP.IsLoopback() {
				return kdb.Int(2130706433)
			}
		}
		return kdb.Int(0)
	}
	return c.ownAddress()
}

// user is .z.u: who logged in on the handle being served; nobody where this
// side did.
func (c *connections) user(id int) string {
	switch h := c.get(id); {
	case h == nil:
		return c.eng.sys.User()
	case h.mine:
		return ""
	default:
		return h.user
	}
}
