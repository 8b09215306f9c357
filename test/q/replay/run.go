package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q"
)

// Classes of misses.
const (
	wrong   = "wrong"
	absent  = "absent"  // needs data, a file or a process that the page does not make
	display = "display" // the same letters and digits, laid out otherwise
	manual  = "manual"  // the page contradicts itself or shows an older version; see known
)

// result is what became of an example.
type result struct {
	example
	got     []string
	counted bool
	same    bool
	class   string
}

// volatile are inputs whose results depend on chance, time or the machine:
// rolls and seeds, clocks, timings, memory, handles, the shell, processes.
var volatile = regexp.MustCompile(`\brand\b|(^|[^\w\])}"'` + "`" + `])-?\d*[0-9a-zA-Z_.]*\?\s*(\d|0N|0W|` + "`" + `\d|0[a-z]|")|\b\d+\?|\?[0-9.]+\b|\.z\.[a-zA-Z]|\\(t|ts|w|S|p|s|l|g|cd|ls|pwd|r|1|2|curl|o|c|C|T|u|W)\b|\bsystem\b|\bhopen\b|\.Q\.(w|gc|host|addr|hg|hp|ts|k|K|M|opt|def|x)\b|\b0Ng\?|:localhost|::\d{4}|\bexit\b|\bgetenv\b|\bhcount\b|\bltime\b|\bgtime\b|\.Q\.(dpft|ind|chk|par|pn|pv|pf|MAP|cn)`)

// assigned finds the names that an input assigns.
var assigned = regexp.MustCompile(`([A-Za-z][A-Za-z0-9_.]*)(\[[^\]]*\])?(:|[-+*%,]:)`)

var word = regexp.MustCompile(`[A-Za-z.][A-Za-z0-9_.]*`)

// sandbox is a q.Host that keeps an example's output and ignores exit.
type sandbox struct {
	q.Host
	out bytes.Buffer
	dir string
}

func (s *sandbox) Getwd() (string, error) { return s.dir, nil }

// replay runs a page's examples in one engine, after the lines of given.
func replay(name, given string, page []example) []result {
	dir, err := os.MkdirTemp("", "replay")
	if err != nil {
		return nil
	}
	defer os.RemoveAll(dir)
	box := &sandbox{dir: dir}
	box.Out, box.Err, box.In = &box.out, &box.out, strings.NewReader("")
	box.OnExit = func(int) {}
	eng := q.New(q.Options{Sys: box, Timeout: 5 * time.Second})
	defer func() { _ = eng.Close() }()
	for line := range strings.Lines(given) {
		if lines, failed := box.run(eng, strings.TrimRight(line, "\n")); failed != "" {
			fmt.Fprintf(os.Stderr, "%s: given: %s", name, strings.Join(lines, "\n"))
		}
	}
	tainted := map[string]bool{}
	defined := map[string]bool{}
	var out []result
	for _, e := range page {
		r := result{example: e}
		vol := volatile.MatchString(e.input)
		for _, w := range word.FindAllString(e.input, -1) {
			vol = vol || tainted[w]
		}
		names := assigned.FindAllStringSubmatch(e.input, -1)
		for _, m := range names {
			if vol {
				tainted[m[1]] = true
			}
		}
		r.want = trimBlank(e.want)
		r.counted = !vol && !strings.HasPrefix(strings.TrimSpace(e.input), `\`+`\`) && len(r.want) > 0 && !sideBySide(e.input)
		if strings.HasPrefix(strings.TrimSpace(e.input), `\\`) {
			// The session ends; what follows is another.
			_ = eng.Close()
			eng = q.New(q.Options{Sys: box, Timeout: 5 * time.Second})
			out = append(out, r)
			continue
		}
		if vol && !assigned.MatchString(e.input) && !box.loads(e.input) {
			out = append(out, r)
			continue
		}
		var failed string
		r.got, failed = box.run(eng, e.input)
		if failed != "" && classify(r, failed, defined) != absent {
			for _, m := range names {
				defined[m[1]] = true // should be, but for the failure
			}
		}
		if r.counted {
			r.same = equal(r.want, r.got)
			if !r.same {
				r.class = classify(r, failed, defined)
				if isKnown(name, e.input) {
					r.class = manual
				}
			}
		}
		out = append(out, r)
	}
	return out
}

// run evaluates one input and returns what the console shows, and the name of
// the error if it failed.
func (s *sandbox) run(eng *q.Engine, input string) (lines []string, failed string) {
	s.out.Reset()
	shown, err := eng.Show(context.Background(), input)
	text := s.out.String() + shown
	if err != nil {
		var e *q.Error
		if errors.As(err, &e) {
			text = s.out.String() + e.Format()
			failed = string(e.Msg)
		} else {
			text = s.out.String() + "'" + err.Error()
			failed = err.Error()
		}
	}
	return trimBlank(strings.Split(text, "\n")), failed
}

// loads reports whether an input loads a folder that the page has made.
func (s *sandbox) loads(input string) bool {
	name, ok := strings.CutPrefix(input, `\l `)
	info, err := os.Stat(filepath.Join(s.dir, name))
	return ok && filepath.IsLocal(name) && err == nil && info.IsDir()
}

func trimBlank(lines []string) []string {
	var out []string
	for _, l := range lines {
		if l = fold(l); l != "" {
			out = append(out, l)
		}
	}
	return out
}

// fold makes runs of white space one blank.
func fold(l string) string { return strings.Join(strings.Fields(l), " ") }

// sideBySide tells that an input stands beside another on one line of the page.
func sideBySide(input string) bool { return strings.Contains(input, "  q)") }

// equal compares outputs line by line.
func equal(want, got []string) bool {
	if len(want) > 0 && strings.HasPrefix(want[0], "'") && !strings.Contains(want[0], "'\"") {
		return len(got) > 0 && errorName(want[0]) == errorName(got[0])
	}
	for i, w := range want {
		if w == ".." || w == "…" || w == "..." {
			return true
		}
		if i >= len(got) {
			return false
		}
		if w == got[i] || uncomment(w) == got[i] {
			continue
		}
		if cut, ok := strings.CutSuffix(w, ".."); ok {
			// The manual's console is 80 wide; ours has what came before.
			g := strings.TrimSuffix(got[i], "..")
			if strings.HasPrefix(got[i], cut) || strings.HasPrefix(cut, g) && len(g) > 20 {
				continue
			}
		}
		return false
	}
	return len(got) == len(want)
}

// uncomment drops a trailing comment from an output line.
func uncomment(l string) string {
	if i := strings.Index(l, " /"); i > 0 {
		return strings.TrimSpace(l[:i])
	}
	return l
}

func errorName(l string) string {
	l = strings.TrimPrefix(uncomment(l), "'")
	if i := strings.IndexAny(l, ". "); i > 0 && strings.Contains(l, "OS reports") {
		return l[i:]
	}
	return l
}

// classify says why an example was missed.
func classify(r result, failed string, defined map[string]bool) string {
	if failed != "" {
		if strings.Contains(failed, "OS reports") {
			return absent
		}
		for _, w := range word.FindAllString(r.input, -1) {
			if w == failed && !defined[w] && !strings.HasPrefix(w, ".") && !keyword(w) {
				return absent
			}
		}
	}
	if letters(r.want) == letters(r.got) {
		return display
	}
	return wrong
}

func keyword(w string) bool {
	return kdb.Sym(w) != kdb.Symbol{} && strings.Contains(keywords, " "+w+" ")
}

// keywords are q's words: failing on one of them is a fault, not an absence.
const keywords = " abs acos aj aj0 ajf ajf0 all and any asc asin asof atan attr avg avgs bin binr by ceiling cols cor cos count cov cross csv cut delete deltas desc dev differ distinct div do dsave each ej ema enlist eval except exec exit exp fby fills first fkeys flip floor get getenv group gtime hclose hcount hdel hopen hsym iasc idesc if ij ijf in insert inter inv key keys last like lj ljf load log lower lsq ltime ltrim mavg max maxs mcount md5 mdev med meta min mins mmax mmin mmu mod msum neg next not null or over parse peach pj prd prds prev prior rand rank ratios raze read0 read1 reciprocal reval reverse rload rotate rsave rtrim save scan scov sdev select set setenv show signum sin sqrt ss ssr string sublist sum sums sv svar system tables tan til trim type uj ujf ungroup union update upper upsert value var view views vs wavg where while within wj wj1 wsum xasc xbar xcol xcols xdesc xexp xgroup xkey xlog xprev xrank "

// letters is what is left of lines without layout.
func letters(lines []string) string {
	var b strings.Builder
	for _, c := range strings.Join(lines, "") {
		if c > ' ' && !strings.ContainsRune("-|+", c) {
			b.WriteRune(c)
		}
	}
	return b.String()
}
