package kdb

// Console is the size of a console and the precision of floats on it: q's \c
// and \P. Source: KX manual, "System commands".
type Console struct {
	Rows, Cols int // what does not fit is cut and marked with "..", 0 for no limit
	Precision  int // significant digits of a float, 0 for the most
}

// DefaultConsole returns q's size and precision when nothing else is known.
func DefaultConsole() Console { return Console{Rows: 25, Cols: 80, Precision: DefaultPrecision} }

// Format returns v as the q console shows it and as .Q.s returns it: one or
// more lines, each ended by a newline, nothing at all for an empty general list.
func Format(v Value, c Console) string {
	s := screen{rows: c.Rows - 2, cols: c.Cols - 1}
	if c.Rows == 0 {
		s.rows = int(^uint(0) >> 1)
	}
	if c.Cols > 0 {
		s.limit = c.Cols
	}
	s.precision = c.Precision
	switch x := v.(type) {
	case *Table:
		s.table(nil, tableBlock(&s, x))
	case *Dict:
		s.dict(x)
	case *List:
		s.column(x)
	default:
		s.line(s.literal(nil, v))
	}
	return string(s.out)
}

// screen collects lines and cuts what does not fit.
type screen struct {
	printer
	rows, cols int
	lines      int
	out        []byte
}

// room returns how many of n further lines need be made: one more than fit, so
// that line can tell that there are too many.
func (s *screen) room(n int) int { return min(n, max(0, s.rows-s.lines+1)) }

// line adds one line. The last line that fits becomes ".." when another
// follows it.
func (s *screen) line(b []byte) {
	switch {
	case s.lines < s.rows:
	case s.lines == s.rows:
		cut := len(s.out) - 1
		for cut > 0 && s.out[cut-1] != '\n' {
			cut--
		}
		s.out = append(s.out[:max(cut, 0)], "..\n"...)
		s.lines++
		return
	default:
		return
	}
	s.lines++
	if s.limit > 0 && len(b) > s.cols {
		b = append(b[:s.cols-2], ".."...)
	}
	s.out = append(append(s.out, b...), '\n')
}

// column shows a general list, an item a line; items of one length line up.
func (s *screen) column(l *List) {
	for _, row := range s.items(l) {
		s.line(row)
	}
}

// block is a rectangle of text: an optional heading and one line a row.
type block struct {
	head   []byte // column names
	rows   [][]byte
	width  int
	headed bool
}

func (b *block) measure() {
	b.width = len(b.head)
	for _, r := range b.rows {
		b.width = max(b.width, len(r))
	}
}

// dict shows a dictionary: keys, a bar, values. Tables on either side bring
// their headings.
func (s *screen) dict(d *Dict) {
	left, right := s.side(d.K), s.side(d.V)
	if left.headed || right.headed {
		s.table(&left, right)
		return
	}
	for i := range min(len(left.rows), len(right.rows)) {
		row := append(pad(left.rows[i], left.width), "| "...)
		s.line(append(row, right.rows[i]...))
	}
}

// side lays out the keys or the values of a dictionary.
func (s *screen) side(v Value) block {
	switch x := v.(type) {
	case *Table:
		return tableBlock(s, x)
	case *List:
		b := block{rows: s.items(x)}
		b.measure()
		return b
	}
	b := block{rows: s.cells(v)}
	b.measure()
	return b
}

// table shows a table, or a keyed table when there is a left side.
func (s *screen) table(left *block, right block) {
	join := func(l, r []byte) []byte {
		if left == nil {
			return r
		}
		return append(append(pad(l, left.width), "| "...), r...)
	}
	dashes := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = '-'
		}
		return b
	}
	var head, rule []byte
	n := len(right.rows)
	if left != nil {
		head, rule, n = left.head, dashes(left.width), min(n, len(left.rows))
	}
	s.line(join(head, pad(right.head, right.width)))
	s.line(join(rule, dashes(right.width)))
	for i := range n {
		var l []byte
		if left != nil {
			l = left.rows[i]
		}
		s.line(join(l, right.rows[i]))
	}
}

// tableBlock lays out a table's columns side by side, each as wide as its
// widest shown cell or its name.
func tableBlock(s *screen, t *Table) block {
	b := block{headed: true, rows: make([][]byte, s.room(t.Len()))}
	for c, col := range t.Cols {
		cells := s.cells(col)
		name := t.Names[c].String()
		w := len(name)
		for _, cell := range cells {
			w = max(w, len(cell))
		}
		if c > 0 {
			b.head = append(b.head, ' ')
		}
		b.head = pad(append(b.head, name...), b.width+min(c, 1)+w)
		for i := range b.rows {
			if s.enough(b.rows[i]) {
				continue
			}
			if c > 0 {
				b.rows[i] = append(b.rows[i], ' ')
			}
			b.rows[i] = pad(append(b.rows[i], cells[i]...), len(b.head))
		}
		b.width = len(b.head)
		if s.enough(b.head) {
			break
		}
	}
	return b
}

// cells returns one text an item: that of string for typed vectors, the
// one-line form for general lists.
func (s *screen) cells(v Value) [][]byte {
	n := s.room(v.Len())
	cells := make([][]byte, n)
	switch x := v.(type) {
	case interface{ At(int) Value }:
		_, general := v.(*List)
		for i := range cells {
			if general {
				cells[i] = s.literal(nil, x.At(i))
			} else {
				cells[i] = AppendText(nil, x.At(i), s.precision)
			}
		}
	default: // an atom or an engine's own value
		for i := range cells {
			cells[i] = s.literal(nil, v)
		}
	}
	return cells
}

// items lays out the items of a general list, one a row. Where all are lists
// of one length their items line up in columns; otherwise, and where all are
// strings, booleans or bytes, each has its one-line form.
func (s *screen) items(l *List) [][]byte {
	n := s.room(len(l.V))
	if !matrix(l.V) {
		return s.cells(l)
	}
	rows := make([][]byte, n)
	width := l.V[0].Len()
	for c := range width {
		w := 0
		for i := range rows {
			if c > 0 {
				rows[i] = append(rows[i], ' ')
			}
			rows[i] = s.cell(rows[i], l.V[i], c)
			w = max(w, len(rows[i]))
		}
		for i := range rows {
			rows[i] = pad(rows[i], w)
		}
		if n > 0 && s.enough(rows[0]) {
			break
		}
	}
	return rows
}

func (s *screen) cell(b []byte, row Value, i int) []byte {
	if l, ok := row.(*List); ok {
		p := s.printer
		p.limit = 0
		if s.limit > 0 {
			p.limit = len(b) + s.limit
		}
		return p.literal(b, l.V[i])
	}
	return AppendText(b, row.(interface{ At(int) Value }).At(i), s.precision)
}

// matrix reports whether the items are shown in columns.
func matrix(items []Value) bool {
	if len(items) == 0 {
		return false
	}
	compact := true
	for _, v := range items {
		switch v.(type) {
		case *List:
			compact = false
		case interface{ Attribute() Attr }:
			switch v.Type() {
			case TBool, TByte, TChar:
			default:
				compact = false
			}
		default:
			return false
		}
		if v.Len() == 0 || v.Len() != items[0].Len() {
			return false
		}
	}
	return !compact
}

// pad fills b with blanks up to n bytes.
func pad(b []byte, n int) []byte {
	for len(b) < n {
		b = append(b, ' ')
	}
	return b
}
