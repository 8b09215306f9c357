package q_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// tick is a tickerplant, the day's rows and the history, as processes.
type tick struct {
	t                  *testing.T
	dir                string
	plant, day, past   *process
	plantPort, dayPort string
	pastPort           string
}

func startTick(t *testing.T) *tick {
	t.Helper()
	k := &tick{t: t, dir: t.TempDir()}
	for _, name := range []string{"plant.q", "rdb.q", "history.q"} {
		b, err := os.ReadFile(filepath.Join("testdata", "tick", name))
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(k.dir, name), string(b))
	}
	if err := os.Mkdir(filepath.Join(k.dir, "db"), 0o777); err != nil {
		t.Fatal(err)
	}
	k.past, k.pastPort = listenQ(t, k.dir, nil, "history.q", "db")
	k.startPlant("2026.03.02")
	k.startDay()
	return k
}

func (k *tick) startPlant(day string) {
	k.plant, k.plantPort = listenQ(k.t, k.dir, nil, "plant.q", "log", day)
}

func (k *tick) startDay() {
	k.day, k.dayPort = listenQ(k.t, k.dir, nil, "rdb.q", k.plantPort, k.pastPort, k.dir+"/db")
}

func kill(t *testing.T, p *process) {
	t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = p.wait()
}

// feed sends n messages of two trades and one quote, numbered on from first.
func (k *tick) feed(first, n int) {
	k.t.Helper()
	c := client(k.t, "::"+k.plantPort)
	c.do("send:{h(`upd;`trade;(2#0D09:30+x*0D00:00:01;`a`b;2#1f*x;x+0 1));h(`upd;`quote;(0D09:30+x*0D00:00:01;`$\"s\",string x mod 7;1f*x;2f*x))}")
	c.do(fmt.Sprintf("send each %d+til %d;", first, n))
	c.do("hclose h")
}

// TestTick: a day from its first row to the history, with every process but the
// history killed on the way and the log damaged.
func TestTick(t *testing.T) {
	k := startTick(t)
	k.feed(0, 100)
	k.day.until("count quote", "100")
	k.day.all(try{"count trade", "200"}, try{"attr trade`sym", "`g"}, try{"exec sum size from trade", "10000"})
	c := client(t, "::"+k.dayPort)
	c.all(try{"h\"exec last price from trade where sym=`b\"", "99f"})

	// Rows of a day in memory that are lost come back from the log.
	kill(t, k.day)
	k.feed(100, 50)
	k.startDay()
	k.day.all(try{"count trade", "300"}, try{"count quote", "150"}, try{"trade~`time xasc trade", "1b"}, try{"exec sum size from trade", "22500"})

	// A tickerplant that dies in the middle of a message: the tail is cut, what
	// was whole stays, and what comes after is readable.
	kill(t, k.day)
	kill(t, k.plant)
	log := filepath.Join(k.dir, "log", "2026.03.02")
	whole, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, log, string(whole)+string(whole[8:31]))
	look := startQ(t, k.dir, nil, "-q")
	look.all(
		try{"-11!(-2;`:log/2026.03.02)", fmt.Sprintf("300 %d", len(whole))},
		try{"n:0;upd:{[t;x]n+:1};-11!`:log/2026.03.02", "'badtail"},
		try{"n", "300"},
		try{"-11!(10;`:log/2026.03.02)", "10"},
	)
	k.startPlant("2026.03.02")
	k.plant.all(try{"lost", "23"})
	if cut, err := os.ReadFile(log); err != nil || string(cut) != string(whole) {
		t.Errorf("log of %d bytes, %v; whole were %d", len(cut), err, len(whole))
	}
	k.startDay()
	k.feed(150, 10)
	k.day.until("count quote", "160")
	k.day.all(try{"count trade", "320"}, try{"plant\"logged\"", "320"})

	// The day ends: rows go to the history, which answers for them.
	k.plant.do("end[]")
	k.day.until("count trade", "0")
	k.feed(500, 5)
	k.day.until("count trade", "10")
	c = client(t, "::"+k.pastPort)
	c.all(
		try{`h"date"`, ",2026.03.02"},
		try{`h"asc tables[]"`, "`s#`quote`trade"},
		try{`h"select n:count i,sum size by date,sym from trade"`, "date       sym| n   size \n--------------| ---------\n2026.03.02 a  | 160 12720\n2026.03.02 b  | 160 12880"},
		try{"h\"exec count distinct sym from quote\"", "7"},
		try{"h\"attr exec sym from trade where date=2026.03.02\"", "`p"},
		try{"h\"exec max ask from quote where date=2026.03.02,sym=`s5\"", "318f"},
	)
	// And the next, with a symbol file that has grown.
	k.plant.do("end[]")
	k.day.until("count trade", "0")
	c.all(
		try{`h"date"`, "2026.03.02 2026.03.03"},
		try{`h"exec count i by date from trade"`, "2026.03.02| 320\n2026.03.03| 10"},
		try{`h"-1#select from trade"`, "date       sym time                 price size\n----------------------------------------------\n2026.03.03 b   0D09:38:24.000000000 504   505 "},
	)
	// The log of a day that ended is closed, and the next one's is new.
	look.all(try{"-11!(-2;`:log/2026.03.03)", "10"}, try{"-11!(-2;`:log/2026.03.04)", "0"})
}
