package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestCompletion(t *testing.T) {
	for line, want := range map[string]string{
		"ser":                             "serve",
		"iam ":                            "explain revoke-sessions sessions",
		"iam explain --pr":                "--principal",
		"serve --log-format ":             "json text",
		"serve --log-format json --log-f": "",
		"serve --log-format json --log-l": "--log-level",
		"audit --principal iam --out":     "--outcome", // the value of a flag is no command
		"completion z":                    "zsh",
		"call update-kx-user --user":      "--user-name",
		"logs ":                           "",
		"db export --environment ":        "",
	} {
		words := strings.Split(line, " ")
		if code, out, errs := execute(t, append([]string{completeWord}, words...)...); code != 0 || strings.Join(strings.Fields(out), " ") != want {
			t.Errorf("%q becomes %q (code %d, %s), want %q", line, out, code, errs, want)
		}
	}
	_, out, _ := execute(t, completeWord, "")
	parser, err := newParser(t.Context(), &stdio{strings.NewReader(""), io.Discard, io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, n := range parser.Model.Children {
		want = append(want, n.Name)
	}
	slices.Sort(want)
	if got := strings.Fields(out); !slices.Equal(got, want) {
		t.Errorf("commands: %v, want %v", got, want)
	}
}

// TestShellsComplete has each shell that is here read its script and complete
// command lines with it.
func TestShellsComplete(t *testing.T) {
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "quoin"), []byte("#!/bin/sh\nexec "+shellQuote(os.Args[0])+` "$@"`+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	for shell, script := range map[string]string{
		"bash": `eval "$(quoin completion bash)"
			c() { COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _quoin; echo "${COMPREPLY[*]}"; }
			IFS=' '; c quoin ser; c quoin serve --log-format ''; c quoin call update-kx-u; c quoin db export --env`,
		// Without a terminal zsh completes nothing: what it would offer is printed.
		"zsh": `compdef() { :; }; compadd() { shift; print -- $@; }; _files() { print files; }
			eval "$(quoin completion zsh)"
			c() { words=("$@") CURRENT=$#; _quoin; }
			c quoin ser; c quoin serve --log-format ''; c quoin call update-kx-u; c quoin db export --env`,
		"fish": `quoin completion fish | source
			for line in 'quoin ser' 'quoin serve --log-format ' 'quoin call update-kx-u' 'quoin db export --env'
				complete -C $line | string join ' '
			end; true`,
	} {
		t.Run(shell, func(t *testing.T) {
			if _, err := exec.LookPath(shell); err != nil {
				t.Skipf("%s is not on this machine", shell)
			}
			c := exec.CommandContext(t.Context(), shell, "-c", script)
			c.Env = append(os.Environ(), "QUOIN_TEST_MAIN=1", "PATH="+bin+":"+os.Getenv("PATH"), "HOME="+bin)
			out, err := c.CombinedOutput()
			want := "serve\njson text\nupdate-kx-user\n--environment\n"
			if err != nil || strings.ReplaceAll(string(out), " \n", "\n") != want {
				t.Errorf("%v, got %q, want %q", err, out, want)
			}
		})
	}
}
