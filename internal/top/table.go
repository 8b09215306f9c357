package top

import (
	"bytes"
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// Write prints a snapshot as a table, a line a node. Rates are those since
// before, which may be nil: they are not shown then.
func (s *Snapshot) Write(w io.Writer, before *Snapshot) error {
	// A line without cells would have the columns begin anew: reasons are put
	// beneath their clusters once the table is laid out.
	var table bytes.Buffer
	reasons := map[int]string{} // by the line that they follow
	line := 1
	t := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "CLUSTER\tTYPE\tSTATUS\tNODE\tCPU%\tMEMORY\tCONN\tMSG/S\tMESSAGES\tERRORS\tRESTARTS\tENVIRONMENT")
	was := before.index()
	var since time.Duration
	if before != nil {
		since = s.At.Sub(before.At)
	}
	for _, c := range s.Clusters {
		if len(c.Nodes) == 0 {
			fmt.Fprintf(t, "%s\t%s\t%s\t-\t-\t-\t-\t-\t-\t-\t-\t%s\n", c.Name, c.Type, c.Status, c.Environment)
		}
		for _, n := range c.Nodes {
			status := string(c.Status)
			if up, ok := n.Counts["up"]; ok && up == 0 && c.Status == "RUNNING" {
				status = "node down"
			}
			then := was[place{c.Environment, c.Name, n.ID}]
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", c.Name, c.Type, status, n.ID,
				rate((*Node).cpu, &n, then, since, 100), memory(n.Counts), count(n.value("connections")),
				rate((*Node).messages, &n, then, since, 1), count(n.messages()), count(n.value("errors_total")), count(n.value("restarts_total")), c.Environment)
		}
		line += max(1, len(c.Nodes))
		if c.Reason != "" {
			reasons[line] = "  " + c.Reason + "\n"
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	var out bytes.Buffer
	line = 0
	for row := range bytes.Lines(table.Bytes()) {
		line++
		out.Write(row)
		out.WriteString(reasons[line])
	}
	_, err := out.WriteTo(w)
	return err
}

// index finds a node's earlier state; none where there is no snapshot.
func (s *Snapshot) index() map[place]*Node {
	nodes := make(map[place]*Node)
	if s == nil {
		return nodes
	}
	for _, c := range s.Clusters {
		for i := range c.Nodes {
			nodes[place{c.Environment, c.Name, c.Nodes[i].ID}] = &c.Nodes[i]
		}
	}
	return nodes
}

// value is a series of the node, if the server shows it.
func (n *Node) value(name string) (float64, bool) {
	v, ok := n.Counts[name]
	return v, ok
}

func (n *Node) cpu() (float64, bool) { return n.value("cpu_seconds_total") }

// messages are those to and from clients.
func (n *Node) messages() (float64, bool) {
	in, ok := n.value("messages_in_total")
	out, _ := n.value("messages_out_total") // the two come together
	return in + out, ok
}

const unknown = "-"

func count(v float64, ok bool) string {
	if !ok {
		return unknown
	}
	return fmt.Sprintf("%.0f", v)
}

// rate is how fast a count has risen since then, times a scale. A count that
// has fallen began anew, with the process.
func rate(of func(*Node) (float64, bool), now, then *Node, since time.Duration, scale float64) string {
	v, ok := of(now)
	if !ok || then == nil || since <= 0 {
		return unknown
	}
	was, ok := of(then)
	if !ok || v < was {
		return unknown
	}
	return fmt.Sprintf("%.0f", (v-was)/since.Seconds()*scale)
}

func memory(counts map[string]float64) string {
	v, ok := counts["memory_bytes"]
	if !ok {
		return unknown
	}
	for _, unit := range []string{"B", "KiB", "MiB"} {
		if v < 1024 {
			return fmt.Sprintf("%.0f %s", v, unit)
		}
		v /= 1024
	}
	return fmt.Sprintf("%.1f GiB", v)
}

// Screen is a snapshot as a page of a terminal: what does not fit is left out.
// note is a line about what went wrong since, or "".
func (s *Snapshot) Screen(before *Snapshot, title, note string, width, height int) ([]byte, error) {
	var text, page bytes.Buffer
	nodes := 0
	for _, c := range s.Clusters {
		nodes += len(c.Nodes)
	}
	fmt.Fprintf(&text, "%s   %d clusters, %d nodes   %s\n%s\n", title, len(s.Clusters), nodes, s.At.Format(time.TimeOnly), note)
	if err := s.Write(&text, before); err != nil {
		return nil, err
	}
	page.WriteString("\x1b[H") // home; then each line is written over what was there
	lines := bytes.Split(bytes.TrimRight(text.Bytes(), "\n"), []byte("\n"))
	for i, line := range lines {
		if i == height {
			break
		}
		if i > 0 {
			page.WriteString("\r\n")
		}
		page.Write(line[:min(len(line), width)])
		page.WriteString("\x1b[K")
	}
	page.WriteString("\x1b[J")
	return page.Bytes(), nil
}
