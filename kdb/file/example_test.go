package file_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/file"
)

// Example writes one day of a partitioned database and queries it back.
func Example() {
	root, err := os.MkdirTemp("", "db")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(root)

	sym, err := file.OpenSym(filepath.Join(root, "sym"))
	if err != nil {
		log.Fatal(err)
	}
	defer sym.Close()
	trade, err := sym.EnumerateTable(kdb.NewTable([]kdb.Symbol{kdb.Sym("sym"), kdb.Sym("price")},
		[]kdb.Value{kdb.Syms("IBM", "MSFT", "IBM"), kdb.Of[kdb.Float](180.5, 410, 181)}))
	if err != nil {
		log.Fatal(err)
	}
	if err := file.WriteTable(filepath.Join(root, "2026.01.02", "trade"), trade, nil); err != nil {
		log.Fatal(err)
	}

	db, err := file.Open(root)
	if err != nil {
		log.Fatal(err)
	}
	for _, p := range db.Partitions {
		for _, path := range p.Paths("trade") {
			t, m, err := file.MapTable(path, db)
			if err != nil {
				log.Fatal(err)
			}
			fmt.Println(db.Field, p.Value)
			for line := range strings.Lines(kdb.Format(t, kdb.DefaultConsole())) {
				fmt.Println(strings.TrimRight(line, " \n"))
			}
			m.Close()
		}
	}
	// Output:
	// date 2026.01.02
	// sym  price
	// ----------
	// IBM  180.5
	// MSFT 410
	// IBM  181
}

// ExampleReplayLog appends to a tickerplant's log and replays it.
func ExampleReplayLog() {
	dir, err := os.MkdirTemp("", "log")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "tp2026.01.02")

	l, _, err := file.OpenLog(path)
	if err != nil {
		log.Fatal(err)
	}
	for i := range 2 {
		if err := l.Append(kdb.NewList(kdb.Sym("upd"), kdb.Sym("trade"), kdb.Long(i))); err != nil {
			log.Fatal(err)
		}
	}
	l.Close()

	state, err := file.ReplayLog(path, 100, func(i int, message kdb.Value) error {
		fmt.Println(message)
		return nil
	})
	fmt.Println(state.Messages, state.Truncated(), err)
	// Output:
	// (`upd;`trade;0)
	// (`upd;`trade;1)
	// 2 false <nil>
}
