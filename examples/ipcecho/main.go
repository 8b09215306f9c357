// Command ipcecho is a server for trying kdb+ clients against: it answers a
// list with its last item, a string or symbol with itself, and shows what
// arrives as the q console would. The symbol `fail is answered with the error
// 'oops, the symbol `large with a million longs.
//
//	go run ./examples/ipcecho -listen 127.0.0.1:5010
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/ipc"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:5010", "address to listen on")
	compress := flag.Bool("compress", false, "compress answers even to this host")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := serve(ctx, *listen, *compress); err != nil {
		log.Fatal(err)
	}
}

func serve(ctx context.Context, addr string, compress bool) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	s := &ipc.Server{Handler: ipc.Answer(answer)}
	if compress {
		s.Compression = ipc.CompressAlways
	}
	return s.Serve(ctx, l)
}

func answer(_ context.Context, c *ipc.Conn, m ipc.Message) (kdb.Value, error) {
	fmt.Printf("%s %v: %s", c.User(), m.Kind, kdb.Format(m.Value, kdb.DefaultConsole()))
	switch x := m.Value.(type) {
	case *kdb.List:
		if len(x.V) > 0 {
			return x.V[len(x.V)-1], nil
		}
	case kdb.Symbol, *kdb.Chars:
		switch name, _ := kdb.Text(x); name {
		case "fail":
			return nil, kdb.Error("oops")
		case "large":
			v := make([]kdb.Long, 1_000_000)
			for i := range v {
				v[i] = kdb.Long(i)
			}
			return kdb.NewVec(v), nil
		}
	}
	return m.Value, nil
}
