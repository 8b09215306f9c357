package engine_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/quoinhq/quoin/internal/node/engine"
)

// node is the folder of a node with a database that it may change and one that
// it may not.
func node(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for _, dir := range []string{"app/code", "app/scratch", "app/db/mine", "app/db/theirs", "tmp"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{"app/db/mine/a": "one\n", "app/db/theirs/a": "two\n", "app/code/x": "a/b\n"} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// Commands run in the folder that q code has chosen: every one failed, once it
// had chosen any.
func TestCommands(t *testing.T) {
	const app = engine.AppDir
	tests := []struct{ dir, command, want string }{
		{app, "cat db/mine/a", "one"},
		{app + "/db/mine", "cat a", "one"},
		{app + "/db/mine", "cat " + app + "/db/theirs/a", "two"},
		{app, "pwd", app},
		{app, "find " + app + "/code -type f", app + "/code/x"},
		{app + "/db/mine", "mv a b", ""},
		{app, "ls db/mine", "b"},
		{app, "cp db/theirs/a db/mine/c", ""},
		{app, "cp -r " + app + "/db/theirs /tmp/copy", ""},
		{app, "cat /tmp/copy/a", "two"},
		{app + "/db/mine", "rm 'c'", ""},
		{app, "tar -cf scratch/code.tar code", ""},
		{app + "/scratch", "tar -tf code.tar", "code/\ncode/x"},
		{app, "sed 's/a/c/' code/x", "c/b"},
		{app, "sed -n '/b/p' code/x", "a/b"},
		{app, "awk '{print 1}' code/x", "1"},
		{app, "sed -i 's/one/three/' db/mine/b", ""},
		{app, "cat db/mine/b", "three"},
	}
	sys := engine.NewSys(node(t), []string{"mine"}, true)
	for _, tt := range tests {
		out, err := sys.Run(t.Context(), tt.dir, tt.command)
		if got := strings.TrimSpace(string(out)); err != nil || got != tt.want {
			t.Errorf("%s in %s: %q, %v; want %q", tt.command, tt.dir, got, err, tt.want)
		}
	}
}

func TestCommandsRefused(t *testing.T) {
	root := node(t)
	sys := engine.NewSys(root, []string{"mine"}, true)
	for _, command := range []string{
		"", "sh -c ls", "cat /etc/passwd", "cat ../tmp/x ../../etc/passwd", "cat " + engine.AppDir + "/../../../etc/passwd", "cat '/etc/passwd'", "ls " + root,
		"ls; ls", "ls && ls", "ls | cat", "echo `ls`", "echo $HOME", "cat x > y", "ls\nls", "echo 'x",
		"rm db/theirs/a", "mv db/theirs/a db/mine/x", "cp db/mine/a db/theirs/a", "cp db/mine/a code/y", "mkdir code/y", "sed -i s/a/b/ db/theirs/a", "find db/theirs -delete", "gzip db/theirs/a", "tar -cf code/y.tar db",
	} {
		if out, err := sys.Run(t.Context(), engine.AppDir, command); err == nil {
			t.Errorf("%q ran and said %q", command, out)
		}
	}
	if _, err := engine.NewSys(root, nil, false).Run(t.Context(), engine.AppDir, "ls"); err == nil {
		t.Error("a cluster of another type ran a command")
	}
}
