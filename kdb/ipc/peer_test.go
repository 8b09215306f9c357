package ipc_test

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/ipc"
)

// BenchmarkPeers has this package and node-q, which others wrote, decode and
// encode the same: a trade table of ten million rows and a million updates of one
// row. node-q runs in a process of its own that waits while this one works. It
// takes minutes to encode the whole table and gets a million rows of it.
func BenchmarkPeers(b *testing.B) {
	const rows, messages = 10_000_000, 1_000_000
	node := startNodeBench(b)

	table := trades(rows)
	plain, err := ipc.Marshal(table)
	if err != nil {
		b.Fatal(err)
	}
	updates, encoded := make([]kdb.Value, messages), make([][]byte, messages)
	for i := range updates {
		updates[i] = rowUpdate(i)
		if encoded[i], err = ipc.Marshal(updates[i]); err != nil {
			b.Fatal(err)
		}
	}
	node.write(b, [][]byte{plain}, encoded)

	// prepared names what the peer does first, once; it is not part of the figures.
	compare := func(name string, n, theirs int, prepared string, ours func() error) {
		rate := func(b *testing.B, n int) { b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds()/1e6, "M/s") }
		b.Run(name+"/quoin", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := ours(); err != nil {
					b.Fatal(err)
				}
			}
			rate(b, n)
		})
		b.Run(name+"/node-q", func(b *testing.B) {
			if prepared != "" {
				node.do(b, prepared)
				prepared = ""
			}
			for b.Loop() {
				node.do(b, name)
			}
			rate(b, theirs)
		})
	}
	compare("decode table", rows, rows, "load table", func() error {
		_, err := ipc.Unmarshal(plain)
		return err
	})
	compare("encode table", rows, rows/10, "make table", func() error {
		_, err := ipc.Marshal(table)
		return err
	})
	compare("decode messages", messages, messages, "load messages", func() error {
		for _, m := range encoded {
			if _, err := ipc.Unmarshal(m); err != nil {
				return err
			}
		}
		return nil
	})
	compare("encode messages", messages, messages, "make messages", func() error {
		for _, u := range updates {
			if _, err := ipc.Marshal(u); err != nil {
				return err
			}
		}
		return nil
	})
}

// nodeBench is a process of bench.js.
type nodeBench struct {
	in    io.Writer
	out   *bufio.Reader
	files [2]string
}

// startNodeBench starts node-q; it skips the benchmark as nodeClient does a test.
func startNodeBench(b *testing.B) *nodeBench {
	b.Helper()
	dir := installNode(b)
	n := &nodeBench{files: [2]string{filepath.Join(dir, "table"), filepath.Join(dir, "messages")}}
	cmd := exec.Command("node", "--no-deprecation", "--max-old-space-size=8192", "bench.js", n.files[0], n.files[1])
	cmd.Dir = dir
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil && !b.Failed() {
			b.Error("node:", err)
		}
	})
	n.in, n.out = in, bufio.NewReader(out)
	return n
}

// write writes the files that bench.js reads.
func (n *nodeBench) write(b *testing.B, contents ...[][]byte) {
	b.Helper()
	for i, parts := range contents {
		f, err := os.Create(n.files[i])
		if err != nil {
			b.Fatal(err)
		}
		w := bufio.NewWriterSize(f, 1<<20)
		for _, p := range parts {
			w.Write(p)
		}
		if err := w.Flush(); err != nil {
			b.Fatal(err)
		}
		if err := f.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// do has node do one of bench.js's commands.
func (n *nodeBench) do(b *testing.B, command string) {
	b.Helper()
	if _, err := io.WriteString(n.in, command+"\n"); err != nil {
		b.Fatal(err)
	}
	if line, err := n.out.ReadString('\n'); err != nil || line != "done\n" {
		b.Fatalf("node: %s: %q, %v", command, line, err)
	}
}
