package kdb

// String returns v in one line, as [Inline] does. So do the methods of the
// same name below.
func (v *Vec[T]) String() string { return Inline(v) }

func (l *List) String() string       { return Inline(l) }
func (d *Dict) String() string       { return Inline(d) }
func (t *Table) String() string      { return Inline(t) }
func (e *Enum) String() string       { return Inline(e) }
func (l *Lambda) String() string     { return Inline(l) }
func (p *Projection) String() string { return Inline(p) }
func (c *Compose) String() string    { return Inline(c) }
func (d *Derived) String() string    { return Inline(d) }
func (x GUID) String() string        { return Inline(x) }
func (x Timestamp) String() string   { return Inline(x) }
func (x Month) String() string       { return Inline(x) }
func (x Date) String() string        { return Inline(x) }
func (x Datetime) String() string    { return Inline(x) }
func (x Timespan) String() string    { return Inline(x) }
func (x Minute) String() string      { return Inline(x) }
func (x Second) String() string      { return Inline(x) }
func (x Time) String() string        { return Inline(x) }

// String returns the text of the symbol that the atom stands for.
func (e EnumAtom) String() string { return e.Sym().String() }
