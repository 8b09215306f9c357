// Command standin takes the place of a q binary that is not ours: it knows the
// protocol and no q. Of the boot script it reads where the agent is; whatever it
// is asked it answers with the content of the file of that name.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"regexp"
	"strings"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/ipc"
)

func main() {
	if err := run(context.Background(), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "'"+err.Error())
		os.Exit(1)
	}
}

func run(ctx context.Context, boot string) error {
	script, err := os.ReadFile(boot)
	if err != nil {
		return err
	}
	value := func(name string) string {
		found := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + `:[^"]*"([^"]*)"`).FindSubmatch(script)
		if found == nil {
			return ""
		}
		return string(found[1])
	}
	agent, err := ipc.Dial(ctx, value(".quoin.agent"))
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	port := kdb.Int(l.Addr().(*net.TCPAddr).Port)
	if _, err := agent.Sync(ctx, kdb.NewList(kdb.Sym("hello"), port)); err != nil {
		return err
	}
	if err := agent.Async(ctx, kdb.NewList(kdb.Sym("ready"), kdb.Nil)); err != nil {
		return err
	}
	fmt.Println("standing in with", strings.Join(os.Args[2:], " "))
	secret := value(".quoin.secret")
	s := ipc.Server{
		Auth: func(_ context.Context, l ipc.Login, _ net.Conn) error {
			if l.Password != secret {
				return fmt.Errorf("wrong secret")
			}
			return nil
		},
		Handler: ipc.Answer(func(_ context.Context, _ *ipc.Conn, m ipc.Message) (kdb.Value, error) {
			name, _ := kdb.Text(m.Value)
			if data, ok := strings.CutPrefix(name, "write "); ok {
				if err := os.WriteFile(data, []byte("x"), 0o600); err != nil {
					return nil, kdb.Error(err.Error())
				}
				return kdb.Nil, nil
			}
			b, err := os.ReadFile(name)
			if err != nil {
				return nil, kdb.Error(err.Error())
			}
			return kdb.Str(string(b)), nil
		}),
	}
	return s.Serve(ctx, l)
}
