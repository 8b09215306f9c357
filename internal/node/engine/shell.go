package engine

import (
	"bytes"
	"context"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"github.com/quoinhq/quoin/q"
)

// Run runs a command where the cluster's type lets it. What it names of the
// node's paths is put in terms of this machine, and back in what it prints.
//
// It keeps q code from taking what is not the node's by mistake. It is no wall:
// some of the commands can do more than their names say. Errors:
// fs.ErrPermission.
func (s *Sys) Run(ctx context.Context, dir, command string) ([]byte, error) {
	if !s.shell {
		return nil, fs.ErrPermission
	}
	line, ok := s.translate(dir, command)
	if !ok {
		return nil, fs.ErrPermission
	}
	at, err := s.Path(dir, q.Read)
	if err != nil {
		return nil, err
	}
	out, err := s.Host.Run(ctx, at, line)
	out = bytes.ReplaceAll(out, []byte(filepath.Join(s.root, "app")), []byte(AppDir))
	return bytes.ReplaceAll(out, []byte(filepath.Join(s.root, "tmp")), []byte("/tmp")), err
}

// change says which of a command's paths it changes.
type change uint8

const (
	none change = iota // it reads
	each               // all of them
	last               // the last: those before are sources
	some               // one of them: which depends on its options
)

// commands are those that the service let HDB and GP clusters run.
// Source: user guide, interacting-with-kdb-system-commands.
var commands = map[string]change{
	"awk": none, "basename": none, "cat": none, "cp": last, "cut": none, "date": none, "diff": none, "dirname": none, "du": none, "echo": none,
	"find": none, "grep": none, "gunzip": each, "gzip": each, "head": none, "jq": none, "ls": none, "mkdir": each, "mv": each, "ps": none,
	"pwd": none, "rm": each, "rmdir": each, "sed": none, "sort": none, "stat": none, "tail": none, "tar": some, "touch": each, "tr": none,
	"uniq": none, "unzip": some, "wc": none, "which": none, "zip": some,
}

// scripted are commands whose quoted words are programs and patterns.
var scripted = map[string]bool{"awk": true, "grep": true, "jq": true, "sed": true}

// translate puts a command line in terms of this machine. It is one command of
// those, with nothing that would have the shell run another, and its paths are
// the node's.
func (s *Sys) translate(dir, command string) (string, bool) {
	if strings.ContainsAny(command, ";&|`$<>\n\\") {
		return "", false
	}
	words, ok := split(command)
	if !ok || len(words) == 0 {
		return "", false
	}
	name := words[0].text
	changes, ok := commands[name]
	if !ok {
		return "", false
	}
	if name == "sed" && hasOption(words, "-i") || name == "find" && hasOption(words, "-delete") {
		changes = each
	}
	var paths []string
	for i := range words[1:] {
		w := &words[1+i]
		if strings.HasPrefix(w.text, "-") || w.quoted && scripted[name] {
			continue
		}
		at := path.Clean(path.Join("/", w.text))
		if !path.IsAbs(w.text) {
			at = path.Join(dir, w.text)
		}
		real, err := s.Path(at, q.Read)
		if err != nil {
			return "", false
		}
		if path.IsAbs(w.text) {
			w.shown = strings.Replace(w.shown, w.text, real, 1)
		}
		paths = append(paths, at)
	}
	if changes == some {
		paths = append(paths, dir) // where tar and unzip put what they unpack
	}
	refused := 0
	for i, at := range paths {
		if changes == last && i < len(paths)-1 {
			continue
		}
		if _, err := s.Path(at, q.Write); err != nil {
			refused++
		}
	}
	if changes != none && refused > 0 && (changes != some || refused == len(paths)) {
		return "", false
	}
	var b strings.Builder
	for _, w := range words {
		b.WriteString(w.shown)
		b.WriteByte(' ')
	}
	return b.String(), true
}

func hasOption(words []word, option string) bool {
	for _, w := range words {
		if strings.HasPrefix(w.text, option) {
			return true
		}
	}
	return false
}

// word is a word of a command line, as the command gets it but for patterns of
// file names, and as it was written.
type word struct {
	text, shown string
	quoted      bool
}

// split takes a command line apart. ok is false for a quote that does not end.
func split(line string) (words []word, ok bool) {
	var w word
	begun, quote := false, byte(0)
	for i := range len(line) {
		c := line[i]
		blank := quote == 0 && (c == ' ' || c == '\t')
		switch {
		case blank && begun:
			words, w, begun = append(words, w), word{}, false
		case blank:
		case quote == 0 && (c == '\'' || c == '"'):
			quote, w.quoted, begun = c, true, true
		case c == quote:
			quote = 0
		default:
			w.text += line[i : i+1]
			begun = true
		}
		if !blank {
			w.shown += line[i : i+1]
		}
	}
	if begun {
		words = append(words, w)
	}
	return words, quote == 0
}
