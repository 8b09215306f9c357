package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
)

// client is a client's connection that is logged in.
type client struct {
	tls   *tls.Conn
	wire  *wire
	early []byte // sent together with the login
}

// join copies both ways until one side ends, and then ends the other. It
// returns how many bytes the client sent and got.
func (s *session) join(c *client, node *joined) (up, down int64, err error) {
	from, err := newSource(node.Conn)
	if err != nil {
		return 0, 0, refuse(Failed, err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		up = c.send(s.ctx, node)
		s.end(refuse(ClientClosed, nil)) // lets the other direction end too
	}()
	down, err = c.receive(s.ctx, from, node.traffic)
	s.end(refuse(NodeClosed, nil))
	<-done
	c.wire.dropIn()
	return up, down, err
}

// send copies what the client says to the node, until either has gone or ctx,
// the session's, has ended. What is read is passed on only if ctx has not:
// a read that waited when the session was cut may still return what came later.
func (c *client) send(ctx context.Context, node *joined) (total int64) {
	m := meter{flow: &node.traffic.In}
	pass := func(b []byte) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		m.count(b)
		total += int64(len(b))
		_, err := node.Write(b)
		return err
	}
	if len(c.early) > 0 {
		if pass(c.early) != nil {
			return total
		}
		c.early = nil
	}
	for c.wire.await() == nil {
		if c.gather(pass) != nil {
			break
		}
	}
	return total
}

// gather passes on what can be read without waiting, in one piece.
func (c *client) gather(pass func([]byte) error) error {
	b := chunks.Get().(*[chunk]byte)
	defer chunks.Put(b)
	n := 0
	for {
		m, err := c.tls.Read(b[n:])
		if n += m; err == nil && chunk-n >= recordPlain && c.wire.more() {
			continue
		}
		if n > 0 {
			err = errors.Join(pass(b[:n]), err)
		}
		return err
	}
}

// receive copies what the node says to the client, as send does.
func (c *client) receive(ctx context.Context, from source, t *Traffic) (total int64, err error) {
	m := meter{flow: &t.Out, errors: &t.Errors}
	for {
		b, n, err := from.next()
		if err == io.EOF {
			return total, nil
		}
		if err != nil {
			return total, err
		}
		if err := ctx.Err(); err != nil {
			chunks.Put(b)
			return total, err
		}
		m.count(b[:n])
		total += int64(n)
		err = c.write(b[:n])
		chunks.Put(b)
		if err != nil {
			return total, err
		}
	}
}

func (c *client) write(b []byte) error {
	if len(b) <= recordPlain {
		_, err := c.tls.Write(b)
		return err
	}
	c.wire.hold()
	_, err := c.tls.Write(b)
	if flushed := c.wire.flush(); err == nil {
		err = flushed
	}
	return err
}

// joined is a node's connection that is logged in.
type joined struct {
	net.Conn
	capability byte // what the node answered
	traffic    *Traffic
	release    func()
}
