// Package logs keeps what the nodes of clusters print, and gives it to people:
// as lines of files, and by those calls of CloudWatch Logs that
// `aws logs tail` makes.
package logs

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Collector keeps what nodes print: a file a node, DIR/ENV/CLUSTER/NODE.log, of lines
// that begin with their time. It outlives the node. A file that has grown to
// MaxBytes becomes NODE.log.1, in place of an earlier one.
//
// Nodes write to files of their own, which are read as they grow: so they
// depend on nobody who reads, and a line's time is right within pollEvery.
type Collector struct {
	Dir      string
	MaxBytes int64 // 16 MiB when 0
	Now      func() time.Time

	mu    sync.Mutex // protects nodes
	nodes map[string]*followed
}

const (
	pollEvery       = 100 * time.Millisecond
	defaultLogBytes = 16 << 20
	// rawLimit is how much a node may have printed until its own file is cut
	// off: all of it has been read then.
	rawLimit  = 4 << 20
	stampFmt  = "2006-01-02T15:04:05.000000Z"
	extension = ".log"
)

// followed is one node's output on its way.
type followed struct {
	mu     sync.Mutex
	raw    string
	offset int64
	out    string
	rest   []byte // a line that has not ended
}

// Follow begins to collect what a node prints to the file raw.
// The node's log exists from then on. Errors: those of the disk.
func (l *Collector) Follow(env, cluster, id, raw string) error {
	f := &followed{raw: raw, out: filepath.Join(l.Dir, env, cluster, id+extension)}
	out, err := l.open(f)
	if err != nil {
		return err
	}
	if err := out.Close(); err != nil {
		return fmt.Errorf("logs: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.nodes == nil {
		l.nodes = map[string]*followed{}
	}
	l.nodes[id] = f
	return nil
}

// Unfollow ends it, when all has been collected.
func (l *Collector) Unfollow(id string) {
	l.Drain(id)
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.nodes, id)
}

// Drain collects what a node has printed until now.
func (l *Collector) Drain(id string) {
	l.mu.Lock()
	f := l.nodes[id]
	l.mu.Unlock()
	if f != nil {
		_ = l.pull(f) // the next round tries again
	}
}

// Run collects until ctx ends.
func (l *Collector) Run(ctx context.Context) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		_ = l.Flush() // what a disk refuses now is read again in the next round
	}
}

// Flush collects from all nodes.
func (l *Collector) Flush() error {
	l.mu.Lock()
	all := make([]*followed, 0, len(l.nodes))
	for _, f := range l.nodes {
		all = append(all, f)
	}
	l.mu.Unlock()
	var errs []error
	for _, f := range all {
		errs = append(errs, l.pull(f))
	}
	return errors.Join(errs...)
}

// pull moves what is new of one node's output to its log.
func (l *Collector) pull(f *followed) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	st, err := os.Stat(f.raw)
	if errors.Is(err, os.ErrNotExist) || err == nil && st.Size() == f.offset {
		return nil
	}
	if err != nil {
		return fmt.Errorf("logs: %w", err)
	}
	in, err := os.Open(f.raw)
	if err != nil {
		return fmt.Errorf("logs: %w", err)
	}
	defer in.Close()
	if _, err := in.Seek(f.offset, io.SeekStart); err != nil {
		return fmt.Errorf("logs: %w", err)
	}
	out, err := l.open(f)
	if err != nil {
		return err
	}
	n, err := l.copyLines(out, in, f)
	f.offset += n
	if err = errors.Join(err, out.Close()); err != nil {
		return fmt.Errorf("logs: %w", err)
	}
	if f.offset > rawLimit {
		// What is printed between the last read and this is lost; it is the
		// price of a node's file that does not grow for ever.
		if err := os.Truncate(f.raw, 0); err != nil {
			return fmt.Errorf("logs: %w", err)
		}
		f.offset = 0
	}
	return nil
}

// open opens a node's log for appending, after putting a full one aside.
func (l *Collector) open(f *followed) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(f.out), 0o700); err != nil {
		return nil, fmt.Errorf("logs: %w", err)
	}
	limit := l.MaxBytes
	if limit == 0 {
		limit = defaultLogBytes
	}
	if st, err := os.Stat(f.out); err == nil && st.Size() >= limit {
		if err := os.Rename(f.out, f.out+".1"); err != nil {
			return nil, fmt.Errorf("logs: %w", err)
		}
	}
	out, err := os.OpenFile(f.out, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("logs: %w", err)
	}
	return out, nil
}

// copyLines writes whole lines with their time, and returns how many bytes it
// read. A last line that has not ended waits for its end.
func (l *Collector) copyLines(out io.Writer, in io.Reader, f *followed) (int64, error) {
	stamp := l.Now().UTC().Format(stampFmt) + " "
	w := bufio.NewWriter(out)
	r := bufio.NewReaderSize(io.LimitReader(in, rawLimit), 64<<10)
	var n int64
	for {
		line, err := r.ReadSlice('\n')
		n += int64(len(line))
		ended := len(line) > 0 && line[len(line)-1] == '\n'
		f.rest = append(f.rest, line...)
		if ended || len(f.rest) >= 256<<10 {
			w.WriteString(stamp)
			w.Write(f.rest)
			if !ended {
				w.WriteByte('\n')
			}
			f.rest = f.rest[:0]
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			break
		}
	}
	return n, w.Flush()
}

// Forget removes the logs of a cluster. Errors: those of the disk.
func (l *Collector) Forget(env, cluster string) error {
	return os.RemoveAll(filepath.Join(l.Dir, env, cluster))
}
