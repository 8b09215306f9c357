package q_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDocumentedCommands: what the manual lists as system commands, each one.
// Source: KX manual, "System commands" (basics/syscmds).
func TestDocumentedCommands(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "s.q"), "loaded:1\n")
	m := startQ(t, dir, nil, "-q")
	m.do("t:([]a:1 2);f:{x};y:3;v::y+1")
	m.all(
		try{`\a`, ",`t"}, try{`\b`, ",`v"}, try{`\B`, ",`v"}, try{`\c`, "25 80i"}, try{`\C`, "36 2000i"}, try{`\d`, "`."}, try{`\e`, "0i"},
		try{`\E`, "0i"}, try{`\f`, ",`f"}, try{`\g`, "0i"}, try{`\l s.q`, ""}, try{`loaded`, "1"}, try{`\o 60`, ""}, try{`\o`, "60i"}, try{`\p`, "0i"},
		try{`\P 3`, ""}, try{`1%3`, "0.333"}, try{`\s`, "0i"}, try{`\S`, "-314159i"}, try{`\t`, "0i"}, try{`type system"t til 10"`, "-7h"},
		try{`\T`, "0i"}, try{`count system"ts til 10"`, "2"}, try{`\u`, ""}, try{"`t in system\"v\"", "1b"}, try{`count system"w"`, "6"}, try{`\W`, "2i"},
		try{`.z.ts:{x}`, ""}, try{`\x .z.ts`, ""}, try{`\z`, "0i"}, try{`\_`, "0b"}, try{`\r s.q r.q`, ""}, try{"key`:r.q", "`:r.q"},
		try{`\cd .`, ""}, try{`(system"cd")~first system"pwd"`, "1b"}, try{`system"exit 3"`, "'os"},
	)
	m.all(
		try{`system"c ",.Q.s1 system"c"`, ""}, try{`\c`, "25 80i"}, try{`system"P ",.Q.s1 system"P"`, ""}, try{`\P`, "3i"},
		try{`\c 25 wide`, "'domain"},
	)
	m.all(try{`\2 err.txt`, ""}, try{"key`:err.txt", "`:err.txt"})
	if _, err := m.in.Write([]byte("\\1 out.txt\n42\n\\\\\n")); err != nil || m.wait() != nil {
		t.Error(`\\ does not end q`)
	}
	if b, err := os.ReadFile(filepath.Join(dir, "out.txt")); string(b) != "42\n" {
		t.Errorf("out.txt: %q, %v", b, err)
	}
}

// TestDocumentedOptions: what the manual lists as options of the command line,
// each one, and what they come to; refused ones say so.
// Source: KX manual, "Command line options" (basics/cmdline).
func TestDocumentedOptions(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "users"), "me:word\n")
	for _, o := range []struct{ options, line, want string }{
		{"-b", `\_`, "1b"}, {"-c 10 20", `\c`, "10 20i"}, {"-C 10 20", `\C`, "10 20i"}, {"-e 1", `\e`, "1i"}, {"-E 0", `\E`, "0i"},
		{"-g 1", `\g`, "1i"}, {"-o 60", `\o`, "60i"}, {"-p 0", `\p`, "0i"}, {"-P 3", "1%3", "0.333"}, {"-s 2", `\s 0N`, "2i"}, {"-s 4", `system"s 3";system"s"`, "3i"},
		{"-S 7", `\S`, "7i"}, {"-t 100000", `\t`, "100000i"}, {"-T 5", `\T`, "5i"}, {"-u 1", "1", "1"}, {"-u users", "1", "1"}, {"-U users", "1", "1"},
		{"-w 500", `system["w"]3`, "524288000"}, {"-W 3", `\W`, "3i"}, {"-z 1", `\z`, "1i"}, {"-c 30 90 a b", ".z.x", ",\"a\"\n,\"b\""},
		{"-m x", "1", "'nyi"}, {"-r :h:1", "1", "'nyi"},
	} {
		t.Run(o.options, func(t *testing.T) {
			p := startQ(t, dir, nil, append(strings.Fields(o.options), "-q")...)
			if strings.HasPrefix(o.want, "'") {
				out, _ := p.out.ReadString('\n')
				if p.wait() == nil || !strings.Contains(out, o.want[1:]) {
					t.Errorf("got %q", out)
				}
				return
			}
			p.all(try{o.line, o.want})
		})
	}
	for _, option := range []string{"-l", "-L"} {
		dir := t.TempDir()
		writeFile(t, filepath.Join(dir, "log.q"), "")
		p := startQ(t, dir, nil, "log", option, "-q")
		p.all(try{"a:1", ""}, try{"key`:log.log", "`:log.log"})
	}
}
