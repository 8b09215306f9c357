package policy

// truth has a third value for what cannot be decided; see [Document.Evaluate].
type truth uint8

const (
	no truth = iota
	unknown
	yes
)

func of(b bool) truth {
	if b {
		return yes
	}
	return no
}

func (t truth) not() truth { return yes - t }

func (t truth) and(u truth) truth { return min(t, u) }
