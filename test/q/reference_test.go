// Package q_test holds the q engine to what KX's reference says, page by page,
// in transcripts of our own.
package q_test

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/quoinhq/quoin/q"
)

var rewrite = flag.Bool("rewrite", false, "record what the engine shows instead of comparing; review the difference")

// step is one line of input at the prompt and what is shown for it.
type step struct {
	comment []string // lines before it
	input   string
	shown   []string
}

// readTranscript parses a transcript: lines that begin with q) are input, those
// after it what the console shows; lines that begin with / before an input are
// comments.
func readTranscript(text string) []step {
	var steps []step
	var comment []string
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		switch {
		case strings.HasPrefix(line, "q)"):
			steps = append(steps, step{comment: comment, input: line[2:]})
			comment = nil
		case strings.HasPrefix(line, "/ ") || line == "/" || line == "":
			comment = append(comment, line)
		case len(steps) > 0:
			s := &steps[len(steps)-1]
			s.shown = append(s.shown, line)
		}
	}
	return steps
}

// TestReference replays every transcript under testdata/reference, each in an
// engine of its own, and compares what is shown line by line. Of an error the
// first line counts.
func TestReference(t *testing.T) {
	files, err := filepath.Glob("testdata/reference/*.q")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".q"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			e := q.New(q.Options{})
			defer e.Close()
			var out bytes.Buffer
			for _, s := range readTranscript(string(text)) {
				got := showStep(t, e, s.input)
				for _, c := range s.comment {
					out.WriteString(c + "\n")
				}
				out.WriteString("q)" + s.input + "\n")
				for _, l := range got {
					out.WriteString(l + "\n")
				}
				if want := strings.Join(s.shown, "\n"); !*rewrite && strings.Join(got, "\n") != want {
					t.Errorf("q)%s\ngot:\n%s\nwant:\n%s", s.input, strings.Join(got, "\n"), want)
				}
			}
			if *rewrite {
				if err := os.WriteFile(file, out.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// showStep returns the lines the console shows for an input.
func showStep(t *testing.T, e *q.Engine, input string) []string {
	t.Helper()
	text, err := e.Show(context.Background(), input)
	if err != nil {
		first, _, _ := strings.Cut(err.Error(), "\n")
		return []string{"'" + strings.TrimPrefix(first, "'")}
	}
	text = strings.TrimRight(text, "\n")
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}
