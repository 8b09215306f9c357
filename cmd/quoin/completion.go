package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/quoinhq/quoin/internal/call"
)

type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Help shows how.
func (completionCommand) Help() string {
	return `In the start-up file of your shell, commands, flags, their values, and the operations of quoin call are completed from then on:

  source <(quoin completion bash)         in ~/.bashrc
  source <(quoin completion zsh)          in ~/.zshrc, after compinit
  quoin completion fish | source          in ~/.config/fish/config.fish`
}

// Run prints the script.
func (c completionCommand) Run(std *stdio) error {
	_, err := fmt.Fprint(std.out, completionScript(c.Shell))
	return err
}

// completeWord is the hidden command by which the scripts ask for what can
// come next. After it stand the words after `quoin`, the last being the one
// that is being typed.
const completeWord = "__complete"

// completionScript is the script of a shell. Where nothing is completed, the
// shell offers files.
func completionScript(shell string) string {
	switch shell {
	case "bash":
		return `_quoin() {
    local IFS=$'\n'
    COMPREPLY=($("${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _quoin quoin
`
	case "zsh":
		return `_quoin() {
    local -a found
    found=(${(f)"$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)"})
    if (( $#found )); then compadd -- $found; else _files; fi
}
compdef _quoin quoin
`
	}
	return `function __quoin
    quoin __complete (commandline -opc)[2..] (commandline -ct)
end
complete -c quoin -n 'string length -q -- (__quoin)' -f -a '(__quoin)'
`
}

// runComplete prints what the last word of a command line can become.
func runComplete(ctx context.Context, words []string, std *stdio) int {
	if len(words) > 1 && words[0] == "call" {
		return call.New(std.out, std.err).Run(ctx, append([]string{completeWord}, words[1:]...))
	}
	parser, err := newParser(ctx, std)
	if err != nil {
		return fail(std, err)
	}
	for _, w := range complete(parser.Model.Node, words) {
		fmt.Fprintln(std.out, w)
	}
	if len(words) > 1 && words[0] == "connect" {
		for _, w := range completeConnect(ctx, words[1:]) {
			fmt.Fprintln(std.out, w)
		}
	}
	return 0
}

// complete returns what the last word can become on a command line whose words
// before it are given: a command, a flag or the value of one.
func complete(at *kong.Node, words []string) []string {
	if len(words) == 0 {
		words = []string{""}
	}
	before, last := words[:len(words)-1], words[len(words)-1]
	flags := func() []*kong.Flag { return slices.Concat(at.AllFlags(true)...) }
	var value *kong.Flag // whose value the next word is
	for _, w := range before {
		if value != nil {
			value = nil
			continue
		}
		if i := slices.IndexFunc(flags(), func(f *kong.Flag) bool { return !f.IsBool() && is(f, w) }); i >= 0 {
			value = flags()[i]
			continue
		}
		if i := slices.IndexFunc(at.Children, func(n *kong.Node) bool { return n.Name == w }); i >= 0 {
			at = at.Children[i]
		}
	}
	var out []string
	switch {
	case value != nil:
		if value.Enum != "" {
			out = value.EnumSlice()
		}
	case strings.HasPrefix(last, "-"):
		for _, f := range flags() {
			if !slices.ContainsFunc(before, func(w string) bool { return is(f, w) }) || f.IsCumulative() {
				out = append(out, "--"+f.Name)
			}
		}
	default:
		for _, n := range at.Children {
			if !n.Hidden {
				out = append(out, n.Name)
			}
		}
		for _, p := range at.Positional {
			if p.Enum != "" {
				out = append(out, p.EnumSlice()...)
			}
		}
	}
	out = slices.DeleteFunc(out, func(w string) bool { return !strings.HasPrefix(w, last) })
	slices.Sort(out)
	return out
}

// is says whether a word names a flag.
func is(f *kong.Flag, word string) bool {
	return word == "--"+f.Name || f.Short != 0 && word == "-"+string(f.Short)
}
