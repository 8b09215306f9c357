package kdb_test

import (
	"fmt"
	"strings"

	"github.com/quoinhq/quoin/kdb"
)

// Example makes values of several types and shows them as the q console does.
func Example() {
	trade := kdb.NewTable([]kdb.Symbol{kdb.Sym("time"), kdb.Sym("sym"), kdb.Sym("price")}, []kdb.Value{
		kdb.Of(kdb.Timespan(9*3600e9), kdb.Timespan(9*3600e9+1)),
		kdb.Syms("IBM", "MSFT"),
		kdb.Of(180.5, kdb.NullFloat()),
	})
	for line := range strings.Lines(kdb.Format(trade, kdb.DefaultConsole())) {
		fmt.Println(strings.TrimRight(line, " \n"))
	}
	fmt.Println(kdb.NewDict(kdb.Syms("from", "to"), kdb.Of(kdb.DateOf(2026, 1, 2), kdb.Date(kdb.NullInt))))
	fmt.Println(kdb.NewList(kdb.Str("text"), kdb.Byte(10), kdb.InfLong))
	// Output:
	// time                 sym  price
	// -------------------------------
	// 0D09:00:00.000000000 IBM  180.5
	// 0D09:00:00.000000001 MSFT
	// `from`to!2026.01.02 0N
	// ("text";0x0a;0W)
}
