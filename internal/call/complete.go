package call

import (
	"strings"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/finspace/schema"
)

// completeWord is the hidden word by which completion scripts ask for what
// can come next. After it stand the words after `quoin call`, the last being
// the one that is being typed.
const completeWord = "__complete"

// complete returns what the last word can become.
func complete(words []string) []string {
	if len(words) == 0 {
		words = []string{""}
	}
	last := words[len(words)-1]
	if len(words) == 1 {
		var out []string
		for _, op := range finspace.Schema().Operations {
			out = append(out, kebab(op.Name))
		}
		return withPrefix(append(out, "--help", "--completion"), last)
	}
	if words[0] == "--completion" {
		return withPrefix([]string{"bash", "zsh", "fish"}, last)
	}
	op := find(words[0])
	if op == nil {
		return nil
	}
	flag := words[len(words)-2]
	if name, ok := strings.CutPrefix(flag, "--"); ok && !strings.HasPrefix(last, "--") {
		if name == "output" {
			return withPrefix(formats, last)
		}
		if m, _ := findMember(op, name); m != nil {
			return withPrefix(valuesOf(m.Shape), last)
		}
		if o := findOption(name); o != nil && o.argument != "" {
			return nil
		}
	}
	used := make(map[string]bool)
	for _, w := range words[1 : len(words)-1] {
		used[w] = true
	}
	var out []string
	for i := range op.Input.Members {
		m := &op.Input.Members[i]
		out = append(out, "--"+kebab(m.Name))
		if m.Shape.Kind == schema.Boolean {
			out = append(out, "--no-"+kebab(m.Name))
		}
	}
	for _, o := range options {
		out = append(out, "--"+o.name)
	}
	var left []string
	for _, w := range withPrefix(out, last) {
		if !used[w] {
			left = append(left, w)
		}
	}
	return left
}

// valuesOf returns all values that a member can have, if they are few.
func valuesOf(s *schema.Shape) []string {
	switch s.Kind {
	case schema.Boolean:
		return []string{"true", "false"}
	case schema.List:
		return valuesOf(s.Elem)
	}
	return s.Enum
}

func withPrefix(list []string, prefix string) []string {
	var out []string
	for _, s := range list {
		if strings.HasPrefix(s, prefix) {
			out = append(out, s)
		}
	}
	return out
}

// completionScript returns the script of a shell.
func completionScript(args []string) (string, error) {
	if len(args) != 1 || scripts[args[0]] == "" {
		return "", misused("--completion takes bash, zsh or fish")
	}
	return scripts[args[0]], nil
}

var scripts = map[string]string{
	"bash": `# For bash: source <(quoin call --completion bash)
_quoin_call() {
    [ "${COMP_WORDS[1]}" = call ] || return
    local IFS=$'\n'
    COMPREPLY=($("${COMP_WORDS[0]}" call __complete "${COMP_WORDS[@]:2:COMP_CWORD-1}" 2>/dev/null))
}
complete -o default -F _quoin_call quoin
`,
	"zsh": `# For zsh: source <(quoin call --completion zsh)
_quoin_call() {
    [ "${words[2]}" = call ] || return
    local -a found
    found=("${(@f)$("${words[1]}" call __complete "${(@)words[3,CURRENT]}" 2>/dev/null)}")
    compadd -- $found
}
compdef _quoin_call quoin
`,
	"fish": `# For fish: quoin call --completion fish | source
complete -c quoin -n '__fish_seen_subcommand_from call' -f -a '(quoin call __complete (commandline -opc)[3..] (commandline -ct))'
`,
}
