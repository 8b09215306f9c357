package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/quoinhq/quoin/internal/blob"
)

// display shows how far something has come that takes its time: in a terminal
// one line that is written over, elsewhere a line now and then, so that a log
// does not fill.
type display struct {
	w     io.Writer
	live  bool // w is a terminal
	now   func() time.Time
	began time.Time
	last  time.Time // something was shown

	stage string // what was being done, and since when
	since time.Time
	shown bool // a line stands in the terminal
}

// quiet is how long there is nothing to read where there is no terminal.
const quiet = 10 * time.Second

func newDisplay(std *stdio) *display {
	f, ok := std.err.(*os.File)
	d := &display{w: std.err, live: ok && term.IsTerminal(int(f.Fd())), now: time.Now}
	d.began = d.now()
	d.last = d.began
	return d
}

// show is told how far it has come.
func (d *display) show(p blob.Progress) {
	now := d.now()
	if p.Stage != d.stage {
		d.stage, d.since = p.Stage, now
	}
	if p.Stage == "" {
		return
	}
	line := describeProgress(p, now.Sub(d.since))
	if d.live {
		fmt.Fprintf(d.w, "\r%s\x1b[K", line)
		d.shown = true
		return
	}
	if now.Sub(d.last) >= quiet {
		d.last = now
		fmt.Fprintf(d.w, "%s (%s)\n", line, now.Sub(d.began).Round(time.Second))
	}
}

// end clears the line, so that what comes next stands alone.
func (d *display) end() {
	if d.shown {
		fmt.Fprint(d.w, "\r\x1b[K")
		d.shown = false
	}
}

// describeProgress is one line: what is done, how much of it, how fast.
func describeProgress(p blob.Progress, took time.Duration) string {
	parts := []string{p.Stage}
	files, bytes := fmt.Sprint(p.Done.Files), sizeOf(p.Done.Bytes)
	if p.Total.Files > 0 {
		files, bytes = fmt.Sprintf("%d of %d", p.Done.Files, p.Total.Files), bytes+" of "+sizeOf(p.Total.Bytes)
		parts = append(parts, fmt.Sprintf("%d%%", share(p)))
	}
	if p.Done != (blob.Amount{}) || p.Total != (blob.Amount{}) {
		parts = append(parts, files+" files")
	}
	if p.Done.Bytes > 0 || p.Total.Bytes > 0 {
		parts = append(parts, bytes)
	}
	if s := took.Seconds(); s >= 0.5 && p.Done.Bytes > 0 {
		parts = append(parts, sizeOf(int64(float64(p.Done.Bytes)/s))+"/s")
	}
	return strings.Join(parts, ", ")
}

// share is how much of all is done, in percent: of bytes, or of files that
// have none.
func share(p blob.Progress) int64 {
	if p.Total.Bytes > 0 {
		return min(100, int64(100*float64(p.Done.Bytes)/float64(p.Total.Bytes)))
	}
	return min(100, 100*p.Done.Files/p.Total.Files)
}

// sizeOf is a number of bytes for people.
func sizeOf(n int64) string {
	x, units := float64(n), []string{"B", "kB", "MB", "GB", "TB", "PB"}
	for x >= 1000 && len(units) > 1 {
		x, units = x/1000, units[1:]
	}
	if units[0] == "B" || x >= 100 {
		return fmt.Sprintf("%.0f %s", x, units[0])
	}
	return fmt.Sprintf("%.1f %s", x, units[0])
}
