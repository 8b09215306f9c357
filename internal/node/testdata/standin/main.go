// Command standin takes the place of a q binary that is not ours: it knows the
// documented protocol and no q. Of the boot script it reads where the agent is;
// of an init script it knows the lines that end it and that fail. It answers
//
//	read PATH   with the content of the file
//	write PATH  by writing one
//	user, pid, arguments
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"regexp"
	"strconv"
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

// boot is what the boot script says.
type boot struct{ text []byte }

func (b boot) value(name string) string {
	found := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + `:[^"\n]*"([^"]*)"`).FindSubmatch(b.text)
	if found == nil {
		return ""
	}
	return string(found[1])
}

func run(ctx context.Context, script string) error {
	text, err := os.ReadFile(script)
	if err != nil {
		return err
	}
	b := boot{text}
	agent, err := ipc.Dial(ctx, b.value(".quoin.agent"))
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
	if err := initialise(b.value(".quoin.script")); err != nil {
		_, err = agent.Sync(ctx, kdb.NewList(kdb.Sym("failed"), kdb.Str("The init script failed. "+err.Error())))
		return errors.Join(errors.New("init script failed"), err)
	}
	if err := agent.Async(ctx, kdb.NewList(kdb.Sym("ready"), kdb.Nil)); err != nil {
		return err
	}
	fmt.Println("standing in")
	secret := b.value(".quoin.secret")
	s := ipc.Server{
		Auth: func(_ context.Context, l ipc.Login, _ net.Conn) error {
			if l.Password != secret {
				return errors.New("wrong secret")
			}
			return nil
		},
		Handler: ipc.Answer(answer),
	}
	ended := make(chan error, 2)
	go func() { ended <- s.Serve(ctx, l) }()
	go func() { ended <- obey(ctx, agent) }() // without the agent there is no server
	return <-ended
}

// initialise runs an init script, if there is one.
func initialise(script string) error {
	if script == "" {
		return nil
	}
	text, err := os.ReadFile("/opt/kx/app/code/" + script)
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if code, ok := strings.CutPrefix(line, "exit "); ok {
			n, _ := strconv.Atoi(code)
			os.Exit(n)
		}
		if failure, ok := strings.CutPrefix(line, "'`"); ok {
			return errors.New(failure)
		}
	}
	return nil
}

// obey does what the agent asks for: to load its databases again.
func obey(ctx context.Context, agent *ipc.Conn) error {
	for {
		m, err := agent.Receive(ctx)
		if err != nil {
			return err
		}
		if l, ok := m.Value.(*kdb.List); ok && l.Len() == 2 && l.V[0] == kdb.Sym(".quoin.reload") {
			err = agent.Async(ctx, kdb.NewList(kdb.Sym("reloaded"), kdb.Str("")))
		}
		if err != nil {
			return err
		}
	}
}

func answer(_ context.Context, c *ipc.Conn, m ipc.Message) (kdb.Value, error) {
	text, _ := kdb.Text(m.Value)
	verb, name, _ := strings.Cut(text, " ")
	var err error
	switch verb {
	case "user":
		return kdb.Sym(c.User()), nil
	case "pid":
		return kdb.Int(os.Getpid()), nil
	case "arguments":
		return kdb.Str(strings.Join(os.Args[2:], " ")), nil
	case "write":
		if err = os.WriteFile(name, []byte("x"), 0o600); err == nil {
			return kdb.Nil, nil
		}
	case "read":
		var b []byte
		if b, err = os.ReadFile(name); err == nil {
			return kdb.Str(string(b)), nil
		}
	default:
		err = errors.New("nyi")
	}
	return nil, kdb.Error(err.Error())
}
