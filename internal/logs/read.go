package logs

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Line is one line that a node printed.
type Line struct {
	Node string
	Time time.Time
	Text string
	ID   string // the same whenever the line is read
}

// Group is the log of one cluster.
type Group struct{ Environment, Cluster string }

// prefix begins the name of every log group. Source: recorded in
// debugging.ipynb of basic_tick_V3.
const prefix = "/aws/vendedlogs/finspace/"

// Name is the name that the group has in CloudWatch.
func (g Group) Name() string { return prefix + g.Environment + "/" + g.Cluster }

// parseGroup is the reverse of Name.
func parseGroup(name string) (Group, bool) {
	rest, ok := strings.CutPrefix(name, prefix)
	env, cluster, found := strings.Cut(rest, "/")
	ok = ok && found && env != "" && cluster != "" && !strings.Contains(cluster, "/") && filepath.IsLocal(env) && filepath.IsLocal(cluster)
	return Group{env, cluster}, ok
}

// Groups lists the logs below dir, by name.
func Groups(dir string) ([]Group, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil {
		return nil, fmt.Errorf("logs: %w", err)
	}
	var groups []Group
	for _, p := range paths {
		groups = append(groups, Group{filepath.Base(filepath.Dir(p)), filepath.Base(p)})
	}
	slices.SortFunc(groups, func(a, b Group) int { return cmp.Compare(a.Name(), b.Name()) })
	return groups, nil
}

// Nodes lists the nodes of which there is a log, by name. Errors:
// fs.ErrNotExist for a cluster without logs.
func Nodes(dir string, g Group) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(dir, g.Environment, g.Cluster))
	if err != nil {
		return nil, fmt.Errorf("logs: %w", err)
	}
	var nodes []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(strings.TrimSuffix(e.Name(), ".1"), extension); ok && !slices.Contains(nodes, name) {
			nodes = append(nodes, name)
		}
	}
	return nodes, nil
}

// Read returns the lines of a cluster's nodes from a time on, in order of time;
// no nodes are all of them. Errors: fs.ErrNotExist for a cluster without logs.
func Read(dir string, g Group, nodes []string, since time.Time) ([]Line, error) {
	all, err := Nodes(dir, g)
	if err != nil {
		return nil, err
	}
	var lines []Line
	for _, n := range all {
		if len(nodes) > 0 && !slices.Contains(nodes, n) {
			continue
		}
		file := filepath.Join(dir, g.Environment, g.Cluster, n+extension)
		for _, f := range []string{file + ".1", file} {
			if lines, err = readFile(lines, f, n, since); err != nil {
				return nil, err
			}
		}
	}
	slices.SortStableFunc(lines, func(a, b Line) int { return a.Time.Compare(b.Time) })
	return lines, nil
}

func readFile(lines []Line, file, node string, since time.Time) ([]Line, error) {
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return lines, nil
	}
	if err != nil {
		return nil, fmt.Errorf("logs: %w", err)
	}
	defer f.Close()
	r := bufio.NewReader(f)
	last, nth := "", 0
	for {
		text, err := r.ReadString('\n')
		if err != nil {
			return lines, nil // the end, or a line that is being written
		}
		stamp, said, _ := strings.Cut(strings.TrimSuffix(text, "\n"), " ")
		at, err := time.Parse(stampFmt, stamp)
		if err != nil {
			continue // no line of ours
		}
		if nth++; stamp != last {
			last, nth = stamp, 0
		}
		if !at.Before(since) {
			lines = append(lines, Line{Node: node, Time: at, Text: said, ID: fmt.Sprintf("%s/%d/%d", node, at.UnixMicro(), nth)})
		}
	}
}
