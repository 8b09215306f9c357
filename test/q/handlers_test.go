package q_test

import (
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestHandlers: every handler of .z that connections call, between processes.
func TestHandlers(t *testing.T) {
	s, port := listenQ(t, t.TempDir(), nil)
	s.all(
		try{"log1:();note:{log1,:enlist x}", ""},
		try{".z.pw:{[u;p]note(`pw;u;p);p~\"yes\"}", ""},
		try{".z.po:{note(`po;.z.u;x=.z.w)}", ""},
		try{".z.pc:{note(`pc;.z.w;x>0)}", ""},
		try{".z.pg:{note(`pg;x);value x}", ""},
		try{".z.ps:{note(`ps;x);value x}", ""},
	)
	c := startQ(t, t.TempDir(), nil, "-q")
	c.all(
		try{"@[hopen;`$\":localhost:" + port + `:ann:no";{x}]`, `"access"`},
		try{"h:hopen`$\":localhost:" + port + `:ann:yes"`, ""},
		try{`h"1+1"`, "2"},
		try{`neg[h]"a:7";h"a"`, "7"},
	)
	c.do("hclose h")
	s.until("last[log1]0", "`pc")
	s.all(
		try{"first each log1", "`pw`pw`po`pg`ps`pg`pc"},
		try{"log1 1", "`pw\n`ann\n\"yes\""},
		try{"log1 2", "`po\n`ann\n1b"},
		try{"-1#log1", "`pc 0i 1b"},
		try{`\x .z.pg`, ""}, try{".z.pg", "'.z.pg"},
	)
}

// TestNumberOfClosedHandle: the next connection gets the number of a closed one.
// What ended late took it away again, on either side: the new handle was no
// handle, or .z.pc forgot a subscriber that was there. hclose tells .z.pc nothing.
func TestNumberOfClosedHandle(t *testing.T) {
	s, port := listenQ(t, t.TempDir(), nil)
	s.do("subs:0#0i;sub:{subs::distinct subs,.z.w};.z.pc:{subs::subs except x};busy:{t:.z.p+0D00:00:00.002;while[.z.p<t]}")
	c := startQ(t, t.TempDir(), nil, "-q")
	c.do("gone:();.z.pc:{gone,:x};open:{hopen`$\":localhost:" + port + "\"};kept:0")
	c.do(`do[50;h:open[];h"sub[]";neg[h]"busy[]";hclose h;h:open[];h"sub[]";kept+:h".z.w in subs";hclose h]`)
	c.all(try{"kept", "50"}, try{"count gone", "0"})
	s.until("count subs", "0")
}

// TestMalformedMessage: bytes that are no message end the connection, and .z.bm
// gets them.
func TestMalformedMessage(t *testing.T) {
	s, port := listenQ(t, t.TempDir(), nil)
	s.do(".z.bm:{bad::x}")
	nc, err := net.Dial("tcp", "localhost:"+port)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	// A login, its answer, and a message that says it has a symbol and has none.
	if _, err := nc.Write([]byte("ann:x\x03\x00")); err != nil {
		t.Fatal(err)
	}
	if _, err := nc.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if _, err := nc.Write([]byte{1, 1, 0, 0, 11, 0, 0, 0, 0xf5, 'a', 'b'}); err != nil {
		t.Fatal(err)
	}
	_ = nc.SetReadDeadline(time.Now().Add(patience))
	if n, err := nc.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Errorf("the connection is still open: %d, %v", n, err)
	}
	s.until("`bad in key`.", "1b")
	s.all(try{"bad 1", "0x010100000b000000f56162"}, try{"type bad 0", "-6h"}, try{"count .z.W", "0"})
}

// TestDeferredAnswers: -30! lets one client wait while others are answered, and
// refuses to answer who does not wait.
func TestDeferredAnswers(t *testing.T) {
	s, port := listenQ(t, t.TempDir(), nil)
	s.do(".z.pg:{$[x~`wait;[w::.z.w;-30!(::)];value x]}")
	waiting, other := client(t, "::"+port), client(t, "::"+port)
	if _, err := fmt.Fprintln(waiting.in, "r:h`wait"); err != nil {
		t.Fatal(err)
	}
	s.until("`w in key`.", "1b")
	other.all(try{`h"-30!(w;0b;` + "`late" + `)"`, ""})
	waiting.all(try{"r", "`late"})
	other.all(try{`h"-30!(w;0b;1)"`, "'Handle " + strings.TrimSuffix(s.do("w"), "i") + " was not expecting a response msg"})
	other.all(try{`h"-30!(99i;0b;1)"`, "'domain"})
	s.do("delete w from `.")
	if _, err := fmt.Fprintln(waiting.in, "r:@[h;`wait;{x}]"); err != nil {
		t.Fatal(err)
	}
	s.until("`w in key`.", "1b")
	other.all(try{`h"-30!(w;1b;\"bad luck\")"`, ""})
	waiting.all(try{"r", `"bad luck"`})
}

// TestSockets: .z.W, .z.H, -38!, -25! and .Q.ipc on connections of several kinds.
func TestSockets(t *testing.T) {
	s, port := listenQ(t, t.TempDir(), nil)
	a, b := client(t, "::"+port), client(t, "::"+port)
	s.until("count .z.W", "2")
	s.all(
		try{".z.H~key .z.W", "1b"}, try{"attr .z.H", "`s"}, try{"value .z.W", "0 0"}, try{"exec p from -38!.z.H", `"qq"`},
		try{"(-38!first .z.H)`p`f`z`n`m", "\"q\"\n\"t\"\n0b\n0\n0"}, try{"-38!99", "'domain"},
		try{"-25!(.z.H;(`got;1 2 3))", ""}, try{"-25!(.z.H;::)", ""}, try{"-25!(98 99;1)", "'98 is not an ipc handle"},
	)
	for _, c := range []*process{a, b} {
		c.do("got:{x}") // what arrives before is an error there, and no more
		s.do("-25!(.z.H;\"r:1 2 3\")")
		c.until("@[value;`r;()]", "1 2 3")
		c.all(try{".Q.ipc[h;enlist[`z]!enlist 1b];(-38!h)`z", "1b"}, try{".Q.ipc[h;enlist[`z]!enlist 0b];(-38!h)`z", "0b"}, try{"h\"til 3\"", "0 1 2"})
	}
}

// TestTimer: -t and \t call .z.ts with the time, whatever else goes on.
func TestTimer(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "t.q"), "n:0;.z.ts:{n+:1;last1::x;if[3<=n;system\"t 0\"]}\n")
	s, port := listenQ(t, dir, nil, "t.q", "-t", "10")
	s.until("n", "3")
	s.all(try{`\t`, "0i"}, try{"type last1", "-12h"}, try{"10>abs`long$(.z.p-last1)%1e9", "1b"})
	c := client(t, "::"+port)
	c.do(`h"n:0;system\"t 10\""`)
	c.until(`h"n"`, "3")
	// An error in .z.ts is shown, and the timer goes on.
	s.do(".z.ts:{n+:1;'oops}")
	c.do(`h"n:0;system\"t 5\""`)
	c.until(`h"n>2"`, "1b")
	c.do(`h"system\"t 0\""`)
	if got := s.do(""); !strings.HasPrefix(got, "'oops") {
		t.Errorf("got %s", got)
	}
}

// TestTimeout: -T ends what a client asks when it takes too long.
func TestTimeout(t *testing.T) {
	_, port := listenQ(t, t.TempDir(), nil, "-T", "1")
	c := client(t, "::"+port)
	c.all(try{`h"while[1b;]"`, "'stop"}, try{`h"1+1"`, "2"})
}

// TestPort: the forms of \p.
func TestPort(t *testing.T) {
	s := startQ(t, t.TempDir(), nil, "-q")
	s.all(try{`\p`, "0i"}, try{`\p localhost:0W`, ""}, try{`p1:system"p";p1>0`, "1b"})
	port := strings.TrimSuffix(s.do("p1"), "i")
	other := startQ(t, t.TempDir(), nil, "-q")
	if got := other.do(`\p localhost:` + port); got != "'localhost:"+port+". OS reports: Address already in use" {
		t.Errorf("a port in use: %s", got)
	}
	s.all(try{`\p 0`, ""}, try{`\p`, "0i"})
	// Two processes share a port.
	s.do(`\p rp,localhost:` + port)
	other.all(try{`\p rp,localhost:` + port, ""}, try{`\p`, port + "i"})
	other.do(`\p 0`)
	s.do(`\p 0`)
	s.all(try{`\p localhost:` + port + "/" + port, ""}, try{`\p`, port + "i"}, try{`\p x/y`, "'domain"})
}

// TestMultiThreadedPort: clients of a port with a minus may not update, and no
// handler hears of their coming.
func TestMultiThreadedPort(t *testing.T) {
	s := startQ(t, t.TempDir(), nil, "-p", "-0W", "-q")
	s.do(".z.po:{opened::1};t:til 3")
	c := client(t, "::"+strings.TrimSuffix(s.do(`system"p"`), "i"))
	c.all(try{`h"sum t"`, "3"}, try{`h"t:1"`, "'noupdate"}, try{`h"key` + "`" + `."`, ",`t"})
}

// TestClientWaitsForScript: who connects while the script of the command line
// runs is served after it.
func TestClientWaitsForScript(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "slow.q"), "-1 string system\"p\";\nsystem\"sleep 1\";\nx:42\n")
	s := startQ(t, dir, nil, "slow.q", "-p", "0W", "-q")
	port, err := s.out.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	c := startQ(t, dir, nil, "-q")
	c.all(try{"(`$\"::" + strings.TrimSpace(port) + "\")\"x\"", "42"})
}

// TestExit: exit, \\ and .z.exit.
func TestExit(t *testing.T) {
	for _, tt := range []struct {
		line string
		code int
		text string
	}{
		{"exit 3", 3, "bye 3\n"}, {`\\`, 0, "bye 0\n"}, {"exit 0", 0, "bye 0\n"},
	} {
		s := startQ(t, t.TempDir(), nil, "-q")
		s.do(`.z.exit:{-1"bye ",string x;}`)
		if _, err := fmt.Fprintln(s.in, tt.line); err != nil {
			t.Fatal(err)
		}
		if text, code := s.end(); code != tt.code || text != tt.text {
			t.Errorf("%s: exit %d, %q", tt.line, code, text)
		}
	}
}

// TestRedirect: \1 and \2 send output and errors to files, which grow.
func TestRedirect(t *testing.T) {
	dir := t.TempDir()
	s := startQ(t, dir, nil, "-q")
	s.all(try{"system\"1 logs/out.txt\";1+1\n`no;-1\"x\";\nsystem\"2 err.txt\"\nnone\nsystem\"1 /dev/stdin\";", ""},
		try{"read0`:logs/out.txt", ",\"2\"\n,\"x\""}, try{"first read0`:err.txt", `"'none"`})
	s.all(try{"system\"1 logs/out.txt\";-1\"y\";system\"1 /dev/stdin\";", ""}, try{"read0`:logs/out.txt", ",\"2\"\n,\"x\"\n,\"y\""})
}

// TestInput: .z.pi gets every line of the console, and what text it returns is
// shown as it is.
func TestInput(t *testing.T) {
	s := startQ(t, t.TempDir(), nil, "-q")
	s.do("seen:()")
	s.do(".z.pi:{seen,:enlist x;$[(::)~r:value x;\"\";.Q.s r]}")
	s.all(try{"1+1", "2"}, try{"(+/)1 2", "3"}, try{"`a+1", "'type"}, try{"seen 0", `"-1\"<2>\";\n"`})
	s.do(".z.pi:{value x;}")
	s.all(try{"1+1", ""})
	s.do(`\x .z.pi`)
	s.all(try{"1+1", "2"})
}

// TestExitInScript: exit in the script of the command line ends the process
// without a word, whoever still holds its input.
func TestExitInScript(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "s.q"), "-1\"before\";\nexit 4\n-1\"after\";\n")
	s := startQ(t, dir, nil, "s.q", "-q")
	if text, code := s.end(); code != 4 || text != "before\n" {
		t.Errorf("exit %d, %q", code, text)
	}
}
