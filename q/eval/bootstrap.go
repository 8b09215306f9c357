package eval

import (
	"crypto/sha1"
	_ "embed"
	"encoding/base64"
	"math"
	"strconv"
	"strings"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
)

//go:embed boot.q
var bootScript string

// defineNamespaces fills the namespaces that come with q: .q with names for
// the keywords, .Q, .h and .j.
func (eng *Engine) defineNamespaces() {
	for name, f := range goFunctions() {
		eng.define(name, f.rank, f.f)
	}
	for name, f := range databaseFunctions() {
		eng.define(name, f.rank, f.f)
	}
	for _, b := range prim.Builtins() {
		eng.defineKeyword(b)
	}
	for _, b := range specials {
		eng.defineKeyword(b)
	}
	eng.booting = true
	if err := eng.main.runScript(bootScript, ""); err != nil {
		panic("q: boot script: " + err.(*Error).Format())
	}
	eng.booting = false
	eng.main.ns = ""
}

// defineKeyword makes a keyword visible as .q.name, as q has those that it
// defines itself.
func (eng *Engine) defineKeyword(b *prim.Builtin) {
	if isGlyph(b) || strings.HasPrefix(b.Name, ".") || controlWords[b.Name] {
		return
	}
	if k, ok := keyword(b.Name); ok {
		b = k // what the name means in q, which may be more than the primitive
	}
	v := eng.names.ref(kdb.Sym(".q." + b.Name))
	if v.v == nil {
		_ = eng.names.set(v, b) // a fresh name in a namespace cannot be refused
	}
}

// controlWords are primitives of q's own that are not in .q.
// Source: KX manual, .Q.res.
var controlWords = wordSet("abs acos asin atan avg bin binr cor cos cov delete dev div do enlist exec exit exp getenv hopen if in insert last like log max min prd select setenv sin sqrt ss sum tan update var wavg while within wsum xexp")

func wordSet(s string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(s) {
		m[w] = true
	}
	return m
}

func (eng *Engine) define(name string, rank int, f func(th *thread, args []kdb.Value) (kdb.Value, error)) {
	g := &GoFunc{Name: name, Rank: rank, F: func(c *Call, args []kdb.Value) (kdb.Value, error) {
		return f(c.Env.Owner.(*thread), args)
	}}
	_ = eng.names.set(eng.names.ref(kdb.Sym(name)), g) // see defineKeyword
}

type goFunction struct {
	rank int
	f    func(th *thread, args []kdb.Value) (kdb.Value, error)
}

// goFunctions are the functions of q's namespaces that are written in Go.
// Source: KX manual, "The .Q namespace", "The .h namespace", "The .j namespace".
func goFunctions() map[string]goFunction {
	return map[string]goFunction{
		".Q.s": {1, func(th *thread, a []kdb.Value) (kdb.Value, error) {
			s := th.eng.formatText(a[0])
			if s != "" && !strings.HasSuffix(s, "\n") {
				s += "\n"
			}
			return kdb.Str(s), nil
		}},
		".Q.fixed": {2, fixed},
		".Q.gc": {1, func(th *thread, a []kdb.Value) (kdb.Value, error) {
			return kdb.Long(prim.ReturnMemory()), nil
		}},
		".Q.btoa": {1, func(th *thread, a []kdb.Value) (kdb.Value, error) {
			b, ok := rawText(a[0])
			if !ok {
				return nil, errType
			}
			return kdb.Str(base64.StdEncoding.EncodeToString(b)), nil
		}},
		".Q.atob": {1, func(th *thread, a []kdb.Value) (kdb.Value, error) {
			b, ok := rawText(a[0])
			if !ok {
				return nil, errType
			}
			d, err := base64.StdEncoding.DecodeString(string(b))
			if err != nil {
				return nil, errDomain
			}
			return bytesOf(d), nil
		}},
		".Q.sha1": {1, func(th *thread, a []kdb.Value) (kdb.Value, error) { return sha1Of(a[0]) }},
		".Q.trap": {3, func(th *thread, a []kdb.Value) (kdb.Value, error) { return th.trapTrace(a[0], a[1], a[2]) }},
		".Q.sbt": {1, func(th *thread, a []kdb.Value) (kdb.Value, error) {
			if t, ok := a[0].(*traceValue); ok {
				return kdb.Str(Backtrace(t.places)), nil
			}
			return nil, errType
		}},
		".Q.bt": {1, func(th *thread, a []kdb.Value) (kdb.Value, error) {
			return kdb.Nil, th.eng.print(th.backtrace())
		}},
		".Q.options": {1, options},
		".Q.ts":      {2, func(th *thread, a []kdb.Value) (kdb.Value, error) { return th.timeApply(a[0], a[1]) }},
		".Q.host":    {1, hostOf},
		".Q.stream":  {3, streamLines},
		".Q.hg":      {1, httpGet},
		".Q.hp":      {3, httpPost},
		".Q.gz":      {1, func(_ *thread, a []kdb.Value) (kdb.Value, error) { return gzipOf(a[0]) }},
		".Q.ipc":     {2, func(th *thread, a []kdb.Value) (kdb.Value, error) { return th.ipcSettings(a[0], a[1]) }},
		".Q.ld":      {1, groupLines},
		".Q.addr":    {1, addressOf},
		".h.unescape": {1, func(th *thread, a []kdb.Value) (kdb.Value, error) {
			s, ok := stringOf(a[0])
			if !ok {
				return nil, errType
			}
			return kdb.Str(unescape(s)), nil
		}},
		".j.j": {1, func(th *thread, a []kdb.Value) (kdb.Value, error) {
			if err := th.eng.fits(roughSize(a[0]), 1); err != nil {
				return nil, err
			}
			b, err := json(nil, a[0], false)
			if err != nil {
				return nil, err
			}
			return kdb.Str(string(b)), nil
		}},
		".j.jd": {1, func(th *thread, a []kdb.Value) (kdb.Value, error) {
			l, ok := a[0].(*kdb.List)
			if !ok || len(l.V) != 2 {
				return nil, errType
			}
			null := false
			if d, ok := l.V[1].(*kdb.Dict); ok && d.Len() > 0 {
				if v, err := prim.At(d, kdb.Sym("null0w")); err == nil {
					null, _ = isTrue(v)
				}
			}
			b, err := json(nil, l.V[0], null)
			if err != nil {
				return nil, err
			}
			return kdb.Str(string(b)), nil
		}},
		".j.k": {1, func(th *thread, a []kdb.Value) (kdb.Value, error) {
			s, ok := stringOf(a[0])
			if !ok {
				return nil, errType
			}
			return parseJSON(s)
		}},
	}
}

func rawText(v kdb.Value) ([]byte, bool) {
	switch x := v.(type) {
	case *kdb.Bytes:
		return rawBytes(x), true
	case kdb.Byte:
		return []byte{byte(x)}, true
	}
	s, ok := stringOf(v)
	return []byte(s), ok
}

func sha1Of(v kdb.Value) (kdb.Value, error) {
	b, ok := rawText(v)
	if !ok {
		return nil, errType
	}
	sum := sha1.Sum(b)
	return bytesOf(sum[:]), nil
}

// fixed is .Q.f: a number with that many decimals.
func fixed(_ *thread, a []kdb.Value) (kdb.Value, error) {
	n, ok := intOf(a[0])
	if !ok || n < 0 || n > 100 {
		return nil, errType
	}
	f, ok := floatOf(a[1])
	if !ok {
		return nil, errType
	}
	if f > 1e17 || f < -1e17 {
		return kdb.Str(string(kdb.AppendFloat(nil, kdb.Float(f), 17))), nil
	}
	// Halves go up, as the number times a power of ten says: .045 is 4.5
	// hundredths, though the float below it is what is stored.
	scale := math.Pow10(n)
	if m := math.Abs(f) * scale; m < 1<<52 {
		f = math.Copysign(math.Floor(m+.5)/scale, f)
	}
	return kdb.Str(strconv.FormatFloat(f, 'f', n, 64)), nil
}

func floatOf(v kdb.Value) (float64, bool) {
	switch x := v.(type) {
	case kdb.Float:
		return float64(x), true
	case kdb.Real:
		return float64(x), true
	}
	n, ok := intOf(v)
	return float64(n), ok
}

// options is .Q.opt: what follows each -name.
func options(th *thread, a []kdb.Value) (kdb.Value, error) {
	var keys []kdb.Symbol
	var vals []kdb.Value
	var rest []kdb.Value
	var cur []kdb.Value
	flush := func() {
		if len(keys) > len(vals) {
			vals = append(vals, kdb.NewList(cur...))
			cur = nil
		}
	}
	for i := range a[0].Len() {
		s, ok := stringOf(item(a[0], i))
		if !ok {
			return nil, errType
		}
		switch {
		case len(s) > 1 && s[0] == '-' && (s[1] < '0' || s[1] > '9'):
			flush()
			keys = append(keys, kdb.Sym(s[1:]))
		case len(keys) == 0:
			rest = append(rest, kdb.Str(s))
		default:
			cur = append(cur, kdb.Str(s))
		}
	}
	flush()
	if err := th.setName(kdb.Sym(".Q.x"), kdb.NewList(rest...)); err != nil {
		return nil, err
	}
	return kdb.NewDict(kdb.NewVec(keys), kdb.NewList(vals...)), nil
}

// unescape turns %xx into characters.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(n))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
