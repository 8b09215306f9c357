// Package ipc speaks kdb+'s wire protocol: as a client to anything that does,
// and as a server to any of its clients.
//
//	c, err := ipc.Dial(ctx, "localhost:5000:user:password")
//	v, err := c.Sync(ctx, kdb.Str("select last price by sym from trade"))
//	err = c.Async(ctx, ipc.Call("upd", kdb.Sym("trade"), rows))
//	m, err := c.Receive(ctx) // what the other side sends of its own accord
//
// A [Conn] is one end of a connection and the same on both sides; a [Server]
// hands one to its handler for each client that logged in. [Marshal] and
// [Unmarshal] are -8! and -9!.
//
// Source of the format: KX manual, "Interprocess communication" and
// "Serialization examples".
package ipc
