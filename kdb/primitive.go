package kdb

// Names of the primitives as q shows them, by their number on the wire. The
// unary forms are k's; q's keywords (neg, count …) are names for them.
// Source: KX manual, "Exposed infrastructure" and "Parse trees".
var (
	unaryNames = [...]string{
		"::", "+:", "-:", "*:", "%:", "&:", "|:", "^:", "=:", "<:", ">:", "$:", ",:", "#:", "_:",
		"~:", "!:", "?:", "@:", ".:", "0::", "1::", "2::", "avg", "last", "sum", "prd", "min", "max",
		"exit", "getenv", "abs", "sqrt", "log", "exp", "sin", "asin", "cos", "acos", "tan", "atan",
		"enlist", "var", "dev",
	}
	binaryNames = [...]string{
		":", "+", "-", "*", "%", "&", "|", "^", "=", "<", ">", "$", ",", "#", "_",
		"~", "!", "?", "@", ".", "0:", "1:", "2:", "in", "within", "like", "bin", "ss", "insert",
		"wsum", "wavg", "div", "xexp", "setenv", "binr", "cov", "cor",
	}
	iteratorNames = [...]string{"'", "/", "\\", "':", "/:", "\\:"}
)

// String returns the primitive as q shows it: "-:", "avg"; "" for a number
// that is no primitive's.
func (u Unary) String() string { return nth(unaryNames[:], int(u)) }

// String returns the primitive as q shows it: "+", "within"; "" for a number
// that is no primitive's.
func (b Binary) String() string { return nth(binaryNames[:], int(b)) }

// String returns the iterator as q shows it.
func (i Iterator) String() string { return nth(iteratorNames[:], int(i)) }

// UnaryNamed returns the unary primitive that q shows by that name, and
// whether there is one.
func UnaryNamed(name string) (Unary, bool) {
	i, ok := index(unaryNames[:], name)
	return Unary(i), ok
}

// BinaryNamed returns the binary primitive of that name, and whether there is one.
func BinaryNamed(name string) (Binary, bool) {
	i, ok := index(binaryNames[:], name)
	return Binary(i), ok
}

func nth(names []string, i int) string {
	if i < len(names) {
		return names[i]
	}
	return ""
}

func index(names []string, name string) (int, bool) {
	for i, n := range names {
		if n == name {
			return i, true
		}
	}
	return 0, false
}
