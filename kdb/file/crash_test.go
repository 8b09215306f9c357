package file_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/file"
)

// crashRoot tells the test binary, started again, to write until it is killed.
const crashRoot = "QUOIN_CRASH_ROOT"

func TestMain(m *testing.M) {
	if root := os.Getenv(crashRoot); root != "" {
		if err := writeForever(root); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	if dir := os.Getenv(mapTable); dir != "" {
		if err := printMapped(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// writeForever writes version after version of a table, with a new symbol in
// each, and a message to a log for each, and prints the numbers of those done.
func writeForever(root string) error {
	s, err := file.OpenSym(filepath.Join(root, "sym"))
	if err != nil {
		return err
	}
	l, state, err := file.OpenLog(filepath.Join(root, "log"))
	if err != nil {
		return err
	}
	for i := state.Messages; ; i++ {
		if err := l.Append(kdb.NewList(kdb.Sym("version"), kdb.Long(i))); err != nil {
			return err
		}
		v := version(i)
		if v, err = s.EnumerateTable(v); err != nil {
			return err
		}
		if err := file.WriteTable(filepath.Join(root, "t"), v, nil); err != nil {
			return err
		}
		fmt.Println(i)
	}
}

// version is a table whose every cell tells its number, of as many rows.
func version(i int) *kdb.Table {
	n := 1 + i%50
	syms, longs, texts := make([]kdb.Symbol, n), make([]kdb.Long, n), make([]kdb.Value, n)
	for r := range n {
		syms[r], longs[r], texts[r] = kdb.Sym("v"+strconv.Itoa(i)), kdb.Long(i), kdb.Str(strconv.Itoa(i))
	}
	return table("s", kdb.NewVec(syms), "n", kdb.NewVec(longs), "x", kdb.NewList(texts...))
}

// TestKilledWriter kills a writer again and again: what it reported done is
// there, the table is one of its versions whole, its symbols are those meant.
func TestKilledWriter(t *testing.T) {
	root := t.TempDir()
	done := -1
	for round := range 8 {
		cmd := exec.Command(os.Args[0], "-test.run=^$")
		cmd.Env = append(os.Environ(), crashRoot+"="+root)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// Kill some time after the first version of this round is done.
		lines := bufio.NewScanner(out)
		var kill *time.Timer
		for lines.Scan() {
			if done, err = strconv.Atoi(lines.Text()); err != nil {
				t.Fatal(err)
			}
			if kill == nil {
				kill = time.AfterFunc(time.Duration(1+7*round)*time.Millisecond, func() { cmd.Process.Kill() })
			}
		}
		if err := cmd.Wait(); err == nil || kill == nil {
			t.Fatalf("the writer ended by itself: %v", err)
		}
		kill.Stop()

		got, err := file.ReadTable(filepath.Join(root, "t"), nil)
		if err != nil {
			t.Fatal(err)
		}
		i := int(got.Cols[1].(*kdb.Longs).V[0])
		if i < done || i > done+1 {
			t.Errorf("table is version %d, done was %d", i, done)
		}
		e := got.Cols[0].(*kdb.Enum)
		for r := range got.Len() {
			text, _ := kdb.Text(kdb.Item(got.Cols[2], r))
			if e.Sym(r) != kdb.Sym("v"+strconv.Itoa(i)) || kdb.Item(got.Cols[1], r) != kdb.Long(i) || text != strconv.Itoa(i) || got.Len() != 1+i%50 {
				t.Fatalf("version %d is mixed with another: %v", i, kdb.Inline(got))
			}
		}
		state, err := file.CheckLog(filepath.Join(root, "log"))
		if err != nil || state.Messages < done+1 {
			t.Errorf("log: got %+v, %v; done was %d", state, err, done)
		}
	}
}
