package ipc_test

import (
	"context"
	"fmt"
	"log"
	"net"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/ipc"
)

// serveSum starts a server that adds up what it is sent, for the examples.
func serveSum(ctx context.Context) (addr string, done <-chan error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	s := &ipc.Server{Handler: ipc.Answer(func(_ context.Context, c *ipc.Conn, m ipc.Message) (kdb.Value, error) {
		var call []any // the function's name and its argument
		if err := kdb.To(m.Value, &call); err != nil || len(call) != 2 {
			return nil, kdb.Error("type")
		}
		numbers, ok := call[1].([]float64)
		if call[0] != "sum" || !ok {
			return nil, kdb.Error("nosuch")
		}
		total := 0.0
		for _, x := range numbers {
			total += x
		}
		return kdb.Float(total), nil
	})}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, l) }()
	return l.Addr().String(), ended
}

func Example() {
	ctx, stop := context.WithCancel(context.Background())
	addr, done := serveSum(ctx)

	c, err := ipc.Dial(ctx, addr+":user:password")
	if err != nil {
		log.Fatal(err)
	}
	v, err := c.Sync(ctx, ipc.Call("sum", kdb.Of[kdb.Float](1, 2, 3.5)))
	fmt.Println(v, err)
	_, err = c.Sync(ctx, ipc.Call("median", kdb.Of[kdb.Float](1)))
	fmt.Println(err) // a kdb.Error

	c.Close()
	stop()
	<-done
	// Output:
	// 6.5 <nil>
	// nosuch
}

func ExampleMarshal() {
	b, err := ipc.Marshal(kdb.Int(1)) // -8!1i
	fmt.Printf("%x %v\n", b, err)
	v, err := ipc.Unmarshal(b) // -9!
	fmt.Println(kdb.Inline(v), err)
	// Output:
	// 010000000d000000fa01000000 <nil>
	// 1i <nil>
}
