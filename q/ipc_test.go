package q_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/ipc"
	"github.com/quoinhq/quoin/q"
)

// onDisk returns a Sys of this machine whose relative names start in dir.
func onDisk(dir string) *folder {
	f := &folder{dir: dir}
	f.In, f.Out, f.Err, f.OnExit = strings.NewReader(""), io.Discard, io.Discard, func(int) {}
	return f
}

type folder struct {
	q.Host
	dir string
}

func (f *folder) Getwd() (string, error) { return f.dir, nil }

// listen returns an engine that listens, and its port.
func listen(t *testing.T) (*q.Engine, string) {
	t.Helper()
	e := newEngine(t, q.Options{Sys: onDisk(t.TempDir())})
	show(t, e, `\p 0W`)
	return e, strings.TrimSuffix(show(t, e, `\p`), "i")
}

// eventually waits until src shows want.
func eventually(t *testing.T, e *q.Engine, src, want string) {
	t.Helper()
	got := ""
	for range 500 {
		if got = show(t, e, src); got == want {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%s: got %s, want %s", src, got, want)
}

func TestTwoEngines(t *testing.T) {
	server, port := listen(t)
	client := newEngine(t, q.Options{Sys: onDisk(t.TempDir())})
	show(t, client, "h:hopen "+port)
	tests := []struct{ src, want string }{
		{`h"1+1"`, "2"},
		{`h(+;2;3)`, "5"},
		{`h({x*y};3;4)`, "12"},
		{`h(each[neg];1 2)`, "-1 -2"},
		{"h(`til;3)", "0 1 2"},
		{"h\"1+`a\"", "'type"},
		{"neg[h]\"a:42\";h\"a\"", "42"},
		{"h\"([]a:1 2;b:`x`y)\"", "a b\n---\n1 x\n2 y"},
		{"h\"{x+y}[1]\"", "{x+y}[1]"},
		{"(h\"{x+y}[1]\")2", "3"},
		{"`::" + port + "\"2+2\"", "4"},
	}
	for _, tt := range tests {
		if got := show(t, client, tt.src); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.src, got, tt.want)
		}
	}
	show(t, client, "got:();cb:{got,:x}")
	if got := show(t, client, `h"{neg[.z.w](\"cb\";x);.z.w\"10+20\"}7"`); got != "30" {
		t.Errorf("a call back while waiting: %s", got)
	}
	show(t, client, `h"{neg[.z.w](`+"`cb"+`;x)}8"`)
	eventually(t, client, "got", "7 8")
	show(t, server, "closed:0;.z.pc:{closed::x}")
	show(t, client, "hclose h")
	eventually(t, server, "closed>0", "1b")
	if got := show(t, client, `h"1"`); !strings.HasPrefix(got, "'Cannot write to handle") {
		t.Errorf("a closed handle: %s", got)
	}
}

// Messages that wait to be written go together: all of them, in order, whatever
// their sizes and whatever stands between.
func TestManyAsync(t *testing.T) {
	server, port := listen(t)
	client := newEngine(t, q.Options{Sys: onDisk(t.TempDir())})
	show(t, client, "h:hopen "+port)
	show(t, server, "got:();upd:{got,:x}")
	show(t, client, "{neg[h](`upd;x);if[0=x mod 100;neg[h](`upd;x#0N);-25!(enlist h;(`upd;-1))]}each til 3000")
	show(t, client, `h""`)
	if got := show(t, server, "(til 3000)~got where 0<=got"); got != "1b" {
		t.Error("messages came out of order, or not at all")
	}
	if got := show(t, server, "(sum null got;sum got=-1)"); got != "43500 30i" {
		t.Errorf("of the others came %s", got)
	}
}

func TestHandlers(t *testing.T) {
	server, port := listen(t)
	show(t, server, ".z.pg:{(`got;x)}\n.z.pw:{[u;p]p~\"secret\"}\n.z.po:{opened::.z.u}")
	client := newEngine(t, q.Options{Sys: onDisk(t.TempDir())})
	if got := show(t, client, "hopen`:localhost:"+port+":ann:wrong"); got != "'access" {
		t.Errorf("wrong password: %s", got)
	}
	show(t, client, "h:hopen`:localhost:"+port+":ann:secret")
	if got := show(t, client, `h"1+1"`); got != "`got\n\"1+1\"" {
		t.Errorf("got %s", got)
	}
	if got := show(t, server, "opened"); got != "`ann" {
		t.Errorf(".z.u in .z.po: %s", got)
	}
}

func TestDeferredResponse(t *testing.T) {
	server, port := listen(t)
	show(t, server, ".z.pg:{w::.z.w;-30!(::)}\n.z.ts:{if[`w in key`.;-30!(w;0b;`late);system\"t 0\"]}\n\\t 20")
	c, err := ipc.Dial(context.Background(), "localhost:"+port)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	v, err := c.Sync(context.Background(), kdb.Str("x"))
	if err != nil || v != kdb.Value(kdb.Sym("late")) {
		t.Errorf("got %v, %v", v, err)
	}
}

func TestHTTP(t *testing.T) {
	server, port := listen(t)
	show(t, server, "t:([]a:1 2;b:`x`y)")
	get := func(path string) string {
		t.Helper()
		r, err := http.Get("http://localhost:" + port + path)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(r.StatusCode, " ", string(b))
	}
	if got := get("/t.csv?t"); got != "200 a,b\n1,x\n2,y" {
		t.Errorf("csv: %s", got)
	}
	if got := get("/?1%2b%60a"); got != "400 'type" {
		t.Errorf("error: %s", got)
	}
	show(t, server, `.z.ph:{.h.hy[`+"`txt"+`;first x]}`)
	if got := get("/hello?x=1"); got != "200 hello?x=1" {
		t.Errorf(".z.ph: %s", got)
	}
}

// tickSchema and the rest is a tickerplant in small: log, publish, replay, and
// the end of the day.
const plant = "trade:([]time:`timespan$();sym:`symbol$();price:`float$())\n" +
	"L:`:tp.log;.[L;();:;()];l:hopen L;w:()\n" +
	"sub:{w,:.z.w;(L;count trade)}\n" +
	"upd:{[t;x]l enlist(`upd;t;x);(neg w)@\\:(`upd;t;x)}"

func TestTick(t *testing.T) {
	dir := t.TempDir()
	tp := newEngine(t, q.Options{Sys: onDisk(dir)})
	show(t, tp, plant+"\n\\p 0W")
	port := strings.TrimSuffix(show(t, tp, `\p`), "i")
	if got := show(t, tp, "upd[`trade;(0D10;`a;1.5)];upd[`trade;(0D11;`b;2.5)]"); got != "" {
		t.Fatal(got)
	}
	rdb := newEngine(t, q.Options{Sys: onDisk(dir)})
	if got := show(t, rdb, "trade:([]time:`timespan$();sym:`symbol$();price:`float$())\nupd:insert\nh:hopen "+port+"\n-11!first h\"sub[]\"\ncount trade"); got != "2\n2" {
		t.Fatalf("replay: %s", got)
	}
	show(t, tp, "upd[`trade;(0D12;`a;3.5)]")
	eventually(t, rdb, "exec sum price from trade where sym=`a", "5f")
	if got := show(t, rdb, ".Q.hdpf[::;`:hdb;2024.01.02;`sym]\ncount trade"); got != "0" {
		t.Errorf("end of day: %s", got)
	}
	hdb := newEngine(t, q.Options{Sys: onDisk(dir)})
	want := "2024.01.02\nsym| price\n---| -----\na  | 5    \nb  | 2.5  \n`p"
	if got := show(t, hdb, "\\l hdb\ndate[0]\nselect sum price by sym from trade where date=2024.01.02\nattr exec sym from select sym from trade where date=2024.01.02"); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestCorruptLog(t *testing.T) {
	dir := t.TempDir()
	e := newEngine(t, q.Options{Sys: onDisk(dir)})
	show(t, e, "`:x.log set ();l:hopen`:x.log;l enlist(`f;1);l enlist(`f;2);hclose l;f:{n+:x};n:0")
	path := filepath.Join(dir, "x.log")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b[:len(b)-3], 0o600); err != nil {
		t.Fatal(err)
	}
	if got := show(t, e, "first -11!(-2;`:x.log)\n-11!`:x.log\nn"); got != "1\n'badtail\n1" {
		t.Errorf("got %s", got)
	}
}
