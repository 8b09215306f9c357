package prim

import (
	"bytes"
	"slices"
	"strings"

	"github.com/quoinhq/quoin/kdb"
)

// Delimited says how delimited text (CSV) is read.
type Delimited struct {
	// Types has a letter for each column, as 0: has them: a blank leaves the
	// column out, * keeps texts.
	Types string
	// Separator stands between fields.
	Separator byte
	// Header means that the first record names the columns.
	Header bool
	// QuotedLines means that line ends may stand in quotes.
	QuotedLines bool
}

// ReadDelimited returns the columns of delimited text and, with a header, the
// names in it, those of columns left out included. A record may have fields
// more or fewer than there are columns; blank lines are no records. Several
// goroutines read stretches of lines, unless line ends may stand in quotes.
// Source: KX manual, "File Text". Errors: 'domain for an unknown letter.
func ReadDelimited(e *Env, b []byte, d Delimited) (cols []kdb.Value, names []string, err error) {
	r := recordReader{b: b, sep: d.Separator, multi: d.QuotedLines}
	if d.Header {
		r.next(func(_ int, f []byte) { names = append(names, string(f)) })
	}
	stretches := [][]byte{r.b}
	if e != nil && !d.QuotedLines {
		stretches = cutLines(r.b, max(1, min(e.Threads, len(r.b)>>20)))
	}
	starts := make([]int, len(stretches)+1)
	for i, n := range eachStretch(stretches, func(_ int, b []byte) int { return countRecords(b, d) }) {
		starts[i+1] = starts[i] + n
	}
	columns := make([]Fields, len(d.Types))
	for i := range columns {
		if d.Types[i] != ' ' {
			if columns[i], err = NewFields(e, d.Types[i], starts[len(stretches)]); err != nil {
				return nil, nil, err
			}
		}
	}
	eachStretch(stretches, func(i int, b []byte) struct{} {
		readRecords(recordReader{b: b, sep: d.Separator, multi: d.QuotedLines}, columns, starts[i])
		return struct{}{}
	})
	for _, c := range columns {
		if c == nil {
			continue
		}
		v, err := c.Value()
		if err != nil {
			return nil, nil, err
		}
		cols = append(cols, v)
	}
	return cols, names, nil
}

// eachStretch returns f of each stretch, at work on all at once.
func eachStretch[T any](stretches [][]byte, f func(i int, b []byte) T) []T {
	out := make([]T, len(stretches))
	InParallel(len(stretches), func(i int) { out[i] = f(i, stretches[i]) })
	return out
}

// cutLines cuts text into about n stretches of whole lines.
func cutLines(b []byte, n int) [][]byte {
	var out [][]byte
	for ; n > 1; n-- {
		at := len(b) / n
		end := bytes.IndexByte(b[at:], '\n')
		if end < 0 {
			break
		}
		out = append(out, b[:at+end+1])
		b = b[at+end+1:]
	}
	return append(out, b)
}

func countRecords(b []byte, d Delimited) int {
	n := 0
	if d.QuotedLines {
		for r := (recordReader{b: b, sep: d.Separator, multi: true}); r.next(func(int, []byte) {}); {
			n++
		}
		return n
	}
	for b = skipBlank(b); len(b) > 0; b = skipBlank(b) {
		n++
		end := bytes.IndexByte(b, '\n')
		if end < 0 {
			break
		}
		b = b[end+1:]
	}
	return n
}

// readRecords puts the fields of all records into columns, from a row on.
func readRecords(r recordReader, columns []Fields, row int) {
	put := make([]func(i int, b []byte), len(columns))
	for i, c := range columns {
		put[i] = func(int, []byte) {}
		if c != nil {
			put[i] = c.Part()
		}
	}
	n := 0 // fields of this record
	for r.next(func(i int, f []byte) {
		if n = i + 1; i < len(put) {
			put[i](row, f)
		}
	}) {
		for ; n < len(put); n++ {
			put[n](row, nil)
		}
		row++
	}
}

// recordReader splits text into records and fields.
type recordReader struct {
	b     []byte
	sep   byte
	multi bool   // line ends may stand in quotes
	held  []byte // for a field that is not a piece of the text
}

// skipBlank returns b from its first line that is not blank.
func skipBlank(b []byte) []byte {
	for len(b) > 0 && (b[0] == '\n' || b[0] == '\r' && len(b) > 1 && b[1] == '\n') {
		b = b[1:]
	}
	return b
}

// next gives each field of the next record to use, with its number; the bytes
// are valid until use returns. It returns false at the end of the text.
func (r *recordReader) next(use func(i int, f []byte)) bool {
	r.b = skipBlank(r.b)
	if len(r.b) == 0 {
		return false
	}
	for i := 0; ; i++ {
		f, end := r.field()
		use(i, f)
		if end != r.sep {
			return true
		}
	}
}

// field returns one field and the byte that ends it: the separator, a line end,
// or 0 at the end of the text.
func (r *recordReader) field() ([]byte, byte) {
	b := r.b
	if len(b) > 0 && b[0] == '"' {
		return r.quoted()
	}
	i := 0
	for i < len(b) && b[i] != r.sep && b[i] != '\n' {
		i++
	}
	f := b[:i]
	if i < len(b) && b[i] == '\n' && i > 0 && b[i-1] == '\r' {
		f = b[:i-1]
	}
	return f, r.end(i)
}

func (r *recordReader) quoted() ([]byte, byte) {
	b, f := r.b, r.held[:0]
	i := 1
	for i < len(b) {
		if b[i] == '"' {
			if i+1 < len(b) && b[i+1] == '"' {
				f = append(f, '"')
				i += 2
				continue
			}
			break
		}
		if b[i] == '\n' && !r.multi {
			break
		}
		f = append(f, b[i])
		i++
	}
	if i < len(b) && b[i] == '"' {
		i++
	}
	for i < len(b) && b[i] != r.sep && b[i] != '\n' {
		if b[i] != '\r' {
			f = append(f, b[i])
		}
		i++
	}
	r.held = f
	return f, r.end(i)
}

func (r *recordReader) end(i int) byte {
	if i >= len(r.b) {
		r.b = nil
		return 0
	}
	c := r.b[i]
	r.b = r.b[i+1:]
	return c
}

// DelimitedNames returns the line of delimited text that names columns.
func DelimitedNames(sep byte, names []kdb.Symbol) kdb.Value {
	var b []byte
	for i, n := range names {
		if i > 0 {
			b = append(b, sep)
		}
		at := len(b)
		b = quoteFrom(append(b, n.String()...), at, sep)
	}
	return chars(b)
}

// DelimitedLines returns rows of columns as lines of delimited text: temporals
// as ISO 8601 has them, in quotes what has a separator or a line end in it. A
// column is a vector, or a list of strings, of at least that many rows.
// Source: KX manual, "File Text".
func DelimitedLines(e *Env, sep byte, cols []kdb.Value, rows int) []kdb.Value {
	cells := make([]func(b []byte, i int) []byte, len(cols))
	for j, c := range cols {
		cells[j] = cellAppender(c, e.Precision)
	}
	out := make([]kdb.Value, rows)
	inParts(e, rows, func(lo, hi int) {
		var m stringMaker
		var b []byte
		for i := lo; i < hi; i++ {
			b = b[:0]
			for j, cell := range cells {
				if j > 0 {
					b = append(b, sep)
				}
				at := len(b)
				b = quoteFrom(cell(b, i), at, sep)
			}
			out[i] = m.of(b)
		}
	})
	return out
}

// quoteFrom puts what b holds from a place on into quotes if it has to be.
func quoteFrom(b []byte, at int, sep byte) []byte {
	if s := b[at:]; bytes.IndexByte(s, sep) < 0 && bytes.IndexByte(s, '\n') < 0 {
		return b
	}
	s := strings.ReplaceAll(string(b[at:]), `"`, `""`)
	return append(append(append(b[:at], '"'), s...), '"')
}

func cellAppender(x kdb.Value, precision int) func(b []byte, i int) []byte {
	c, ok := columnOf(x)
	if !ok {
		items := Items(x)
		return func(b []byte, i int) []byte {
			s, _ := textOf(items[i])
			return append(b, s...)
		}
	}
	text := textAppender(c, precision)
	if !slices.Contains([]kdb.Type{kdb.TTimestamp, kdb.TDate, kdb.TDatetime, kdb.TMonth}, c.t) {
		return text
	}
	return func(b []byte, i int) []byte {
		at := len(b)
		b = text(b, i)
		ISODate(b[at:])
		return b
	}
}

// ISODate turns the text of a date, alone or with a time of day after it, into
// that of ISO 8601 in place: dashes in the date, T before the time.
func ISODate(b []byte) {
	for dashes, i := 0, 0; i < len(b); i++ {
		switch c := b[i]; {
		case c == '.' && dashes < 2:
			b[i] = '-'
			dashes++
		case c == 'D' || c == 'T':
			b[i] = 'T'
			return
		}
	}
}
