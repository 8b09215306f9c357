package q_test

import (
	"crypto/md5"
	"crypto/sha1"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
)

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestBlocked: -b refuses others every change, and its own console none.
func TestBlocked(t *testing.T) {
	s, port := listenQ(t, t.TempDir(), nil, "-b")
	s.all(try{`\_`, "1b"}, try{".z.r", "0b"}, try{"t:([]a:til 4);f:{a::x;x}", ""}, try{"`:f set 1", "`:f"})
	c := client(t, "::"+port)
	c.all(
		try{`h"count t"`, "4"},
		try{`h"select from t where a>2"`, "a\n-\n3"},
		try{`h".z.r"`, "1b"},
		try{`h"b:1"`, "'noupdate"},
		try{`h"f 1"`, "'noupdate"},
		try{"h\"`t insert enlist 9\"", "'noupdate"},
		try{"h\"delete from `t\"", "'noupdate"},
		try{"h\"`x set 1\"", "'noupdate"},
		try{"h\"`:g set 1\"", "'noupdate"},
		try{"h\"hdel`:f\"", "'noupdate"},
		try{"h\"hopen`:f\"", "'noupdate"},
		try{`h"\\t 100"`, "'noupdate"},
		try{`h"\\cd /"`, "'noupdate"},
		try{`h"\\v"`, ",`t"},
		try{`h"\\t"`, "0i"},
		try{`neg[h]"t:0#t";h"count t"`, "4"},
	)
	r, err := http.Get("http://localhost:" + port + "/?b:1")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusBadRequest {
		t.Errorf("an assignment over HTTP: %s", r.Status)
	}
	s.do("") // the error of the asynchronous message, which nobody else hears of
	s.all(try{"b:1;f 2", "2"}, try{"count t", "4"})
}

// TestRestricted: -u 1 refuses others system commands, and files outside the folder.
func TestRestricted(t *testing.T) {
	dir := t.TempDir()
	work := filepath.Join(dir, "work")
	writeFile(t, filepath.Join(work, "in.txt"), "in\n")
	writeFile(t, filepath.Join(dir, "out.txt"), "out\n")
	s, port := listenQ(t, work, nil, "-u", "1")
	c := client(t, "::"+port)
	c.all(
		try{"h\"read0`:in.txt\"", `"in"`},
		try{"h\"read0`:../out.txt\"", "'access: ../out.txt"},
		try{"h\"get`$\\\":" + filepath.Join(dir, "out.txt") + "\\\"\"", "'access: " + filepath.Join(dir, "out.txt")},
		try{"h\"`:../new set 1\"", "'access: ../new"},
		try{"h\"key`:..\"", "'access: .."},
		try{"h\"`:../new 0: enlist\\\"x\\\"\"", "'access: ../new"},
		try{`h"\\ls"`, "'access"},
		try{`h"system\"ls\""`, "'access"},
		try{`h"\\\\"`, "'access"},
		try{`h"exit 0"`, "'access"},
		try{"h\"hdel`:in.txt\"", "'access: in.txt"},
		try{"h\"hopen`:in.txt\"", "'access: in.txt"},
		try{"h\"hopen`:fifo://in\"", "'access: fifo://in"},
		try{`h"a:1";h"a"`, "1"},
		try{"h\"`:inside set 2;get`:inside\"", "2"},
	)
	s.all(try{"read0`:../out.txt", `"out"`}, try{"first system\"echo x\"", `,"x"`}, try{`\x .z.pg`, ""})
}

// TestUsers: -U and -u name the users; -u restricts them too; \u reads the
// file again; \x is refused.
func TestUsers(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "users")
	text := "ann:open\n" + fmt.Sprintf("bob:%x\n", md5.Sum([]byte("secret"))) + fmt.Sprintf("cat:%x\n", sha1.Sum([]byte("hidden")))
	for _, option := range []string{"-U", "-u"} {
		t.Run(option, func(t *testing.T) {
			writeFile(t, file, text)
			s, port := listenQ(t, dir, nil, option, file)
			c := startQ(t, dir, nil, "-q")
			open := func(login string) string {
				return c.do(`@[{h:hopen x;r:h".z.u";hclose h;r};` + "`$\":localhost:" + port + login + `";{"'",x}]`)
			}
			for _, x := range []try{
				{":ann:open", "`ann"}, {":bob:secret", "`bob"}, {":cat:hidden", "`cat"},
				{":ann:shut", `"'access"`}, {":dan:open", `"'access"`}, {"", `"'access"`},
			} {
				if got := open(x.line); got != x.want {
					t.Errorf("login %q: got %s, want %s", x.line, got, x.want)
				}
			}
			want := `,"x"`
			if option == "-u" {
				want = "'access"
			}
			c.all(try{"h:hopen`$\":localhost:" + port + `:ann:open"`, ""}, try{`h"system\"echo x\""`, want})
			s.all(try{`\x .z.pg`, "'access"}, try{`.z.pw:{[u;p]u<>` + "`bob}", ""})
			if got := open(":bob:secret"); got != `"'access"` {
				t.Errorf(".z.pw is not asked: %s", got)
			}
			writeFile(t, file, "eve:new\n")
			if got := open(":eve:new"); got != `"'access"` {
				t.Errorf("before \\u: %s", got)
			}
			s.all(try{`\u`, ""})
			if got := open(":eve:new"); got != "`eve" {
				t.Errorf("after \\u: %s", got)
			}
			if got := open(":ann:open"); got != `"'access"` {
				t.Errorf("a user who is gone: %s", got)
			}
		})
	}
}

// TestReval: what runs in reval may change nothing and reads only what is in
// the folder.
func TestReval(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "w", "in.txt"), "in\n")
	writeFile(t, filepath.Join(dir, "out.txt"), "out\n")
	s := startQ(t, filepath.Join(dir, "w"), nil, "-q")
	s.all(
		try{`reval parse"a:1"`, "'noupdate"},
		try{`reval parse"1+1"`, "2"},
		try{"reval(read0;enlist`:in.txt)", `"in"`},
		try{"reval(read0;enlist`:../out.txt)", "'access: ../out.txt"},
		try{"reval(hopen;enlist`:f)", "'noupdate"},
		try{"reval(exit;0)", "'access"},
		try{`reval(system;"t 100")`, "'noupdate"},
		try{`reval(system;"v")`, "`symbol$()"},
		try{".z.r", "0b"}, try{`reval parse".z.r"`, "1b"},
	)
}

// TestRefusedOptions: an option that q has and this engine does not is refused.
func TestRefusedOptions(t *testing.T) {
	for _, args := range [][]string{{"-m", "/tmp"}, {"-r", ":localhost:1"}, {"-l"}, {"-E", "3"}, {"-p", "nonsense"}, {"-s", "-2"}} {
		s := startQ(t, t.TempDir(), nil, args...)
		if text, code := s.end(); code != 1 || len(text) == 0 || text[0] != '\'' {
			t.Errorf("%v: exit %d, %q", args, code, text)
		}
	}
}
