package eval

import (
	"context"
	"encoding/binary"
	"net"
	"strings"
	"time"

	"github.com/quoinhq/quoin/kdb"
)

// resolveTimeout bounds a question to the machine's resolver.
const resolveTimeout = 5 * time.Second

func ipNumber(ip net.IP) int32 { return int32(binary.BigEndian.Uint32(ip.To4())) }

// resolve returns the IPv4 address of a name, -1 if there is none.
func resolve(name string) int32 {
	if ip := net.ParseIP(name); ip != nil {
		if ip.To4() == nil {
			return -1
		}
		return ipNumber(ip)
	}
	ctx, cancel := context.WithTimeout(context.Background(), resolveTimeout)
	defer cancel()
	ips, err := net.DefaultResolver.LookupIP(ctx, "ip4", name)
	if err != nil || len(ips) == 0 {
		return -1
	}
	return ipNumber(ips[0])
}

// addressOf is .Q.addr.
func addressOf(_ *thread, a []kdb.Value) (kdb.Value, error) {
	s, ok := a[0].(kdb.Symbol)
	if !ok {
		return nil, errType
	}
	return kdb.Int(resolve(s.String())), nil
}

// hostOf is .Q.host: the name of an IPv4 address, the null symbol without one.
func hostOf(_ *thread, a []kdb.Value) (kdb.Value, error) {
	n, ok := intOf(a[0])
	if !ok {
		return nil, errType
	}
	ip := make(net.IP, 4)
	binary.BigEndian.PutUint32(ip, uint32(n))
	ctx, cancel := context.WithTimeout(context.Background(), resolveTimeout)
	defer cancel()
	names, err := net.DefaultResolver.LookupAddr(ctx, ip.String())
	if err != nil || len(names) == 0 {
		if ip.IsLoopback() {
			return kdb.Sym("localhost"), nil
		}
		return kdb.Symbol{}, nil
	}
	return kdb.Sym(strings.TrimSuffix(names[0], ".")), nil
}

// ownAddress is .z.a outside callbacks.
func (c *connections) ownAddress() kdb.Value {
	c.ownOnce.Do(func() {
		if c.own = resolve(c.eng.sys.Hostname()); c.own == -1 {
			c.own = ipNumber(net.IPv4(127, 0, 0, 1))
		}
	})
	return kdb.Int(c.own)
}
