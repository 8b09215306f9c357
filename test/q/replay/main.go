// Command replay runs the q console examples of a checkout of KX's manual
// through the q engine and reports how many it reproduces.
//
//	go run ./test/q/replay [-v] [-miss] [-given FOLDER] DIR [page …]
//
// DIR is the folder of pages (docs/ref in a checkout of KxSystems/docs); the
// text stays where it is. Each page runs in an engine and an empty folder of
// its own. An example is an input at the q) prompt with the lines up to the
// next prompt; lines are compared one by one with white space folded, of an
// error its name, of a line that the manual cuts with .. what stands before.
//
// Many pages show tables and variables that they do not make. FOLDER may have
// for a page a file of its name with .q behind it: lines of q to run before it.
//
// Not counted: inputs without a printed result; those whose result cannot be
// the same twice or elsewhere (see volatile), and those that name a variable
// such an input assigned.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

func main() {
	verbose := flag.Bool("v", false, "print every page's figures")
	misses := flag.Bool("miss", false, "print every miss")
	class := flag.String("class", "", "print only misses of this class")
	given := flag.String("given", "", "folder of what pages take for granted, PAGE.q each")
	flag.Parse()
	if flag.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "usage: replay [-v] [-miss] [-class wrong|absent|display|manual] DIR [page …]")
		os.Exit(2)
	}
	pages, err := pagesOf(flag.Arg(0), flag.Args()[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	var total tally
	for _, p := range pages {
		text, err := os.ReadFile(p)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		base := filepath.Base(p)
		var lines []byte
		if *given != "" {
			lines, err = os.ReadFile(filepath.Join(*given, strings.TrimSuffix(base, ".md")+".q"))
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
		}
		results := replay(base, string(lines), examples(string(text)))
		var t tally
		for _, r := range results {
			t.add(r)
			if *misses && r.counted && !r.same && (*class == "" || *class == r.class) {
				fmt.Printf("--- %s:%d %s\nq)%s\nwant:\n%s\ngot:\n%s\n", base, r.line, r.class, r.input, indent(r.want), indent(r.got))
			}
		}
		total.merge(t)
		if *verbose && t.counted > 0 {
			fmt.Printf("%-28s %s\n", base, t)
		}
	}
	fmt.Println("all:", total)
}

func indent(lines []string) string { return "    " + strings.Join(lines, "\n    ") }

func pagesOf(dir string, names []string) ([]string, error) {
	if len(names) > 0 {
		for i, n := range names {
			names[i] = filepath.Join(dir, strings.TrimSuffix(n, ".md")+".md")
		}
		return names, nil
	}
	pages, err := filepath.Glob(filepath.Join(dir, "*.md"))
	sort.Strings(pages)
	return pages, err
}

// tally counts results.
type tally struct {
	counted, same, left int
	class               map[string]int
}

func (t *tally) add(r result) {
	switch {
	case !r.counted:
		t.left++
	case r.same:
		t.counted++
		t.same++
	default:
		t.counted++
		if t.class == nil {
			t.class = map[string]int{}
		}
		t.class[r.class]++
	}
}

func (t *tally) merge(o tally) {
	t.counted += o.counted
	t.same += o.same
	t.left += o.left
	for c, n := range o.class {
		if t.class == nil {
			t.class = map[string]int{}
		}
		t.class[c] += n
	}
}

func (t tally) String() string {
	s := fmt.Sprintf("%d of %d reproduced", t.same, t.counted)
	if t.counted > 0 {
		s += fmt.Sprintf(" (%.1f%%)", 100*float64(t.same)/float64(t.counted))
	}
	for _, c := range []string{wrong, absent, display, manual} {
		if n := t.class[c]; n > 0 {
			s += fmt.Sprintf(", %d %s", n, c)
		}
	}
	return s + fmt.Sprintf("; %d not counted", t.left)
}
