// Package apitest makes inputs and outputs for tests: values of every
// operation that satisfy the model, by chance, from a seed.
package apitest

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"regexp/syntax"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/quoinhq/quoin/finspace/schema"
	"github.com/quoinhq/quoin/internal/api"
)

// A Source makes values. The same seed makes the same ones.
type Source struct {
	rng  *rand.Rand
	full bool
}

// New returns a source. If full, every optional member is present, else about
// half are.
func New(seed uint64, full bool) *Source {
	return &Source{rng: rand.New(rand.NewPCG(seed, 0)), full: full}
}

// Input returns an input of the operation that its model allows.
func (s *Source) Input(op *api.Operation) any {
	in := op.NewInput()
	s.structure(op.Operation.Input, reflect.ValueOf(in).Elem())
	return in
}

// Output returns an output of the operation that its model allows.
func (s *Source) Output(op *api.Operation) any {
	out := op.NewOutput()
	s.structure(op.Operation.Output, reflect.ValueOf(out).Elem())
	return out
}

func (s *Source) structure(shape *schema.Shape, v reflect.Value) {
	for i := range shape.Members {
		m := &shape.Members[i]
		if m.Required || s.full || s.rng.IntN(2) == 0 {
			s.value(m.Shape, v.FieldByName(m.Field))
		}
	}
}

func (s *Source) value(shape *schema.Shape, v reflect.Value) {
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	switch shape.Kind {
	case schema.Structure:
		s.structure(shape, v)
	case schema.String:
		v.SetString(s.text(shape))
	case schema.Integer:
		v.SetInt(s.integer(shape, 1<<31-1))
	case schema.Long:
		v.SetInt(s.integer(shape, 1<<53))
	case schema.Double:
		v.SetFloat(float64(s.integer(shape, 1000)) + float64(s.rng.IntN(2))/4*boolToFloat(!shape.Max.Set))
	case schema.Boolean:
		v.SetBool(s.rng.IntN(2) == 0)
	case schema.Timestamp:
		v.Set(reflect.ValueOf(time.UnixMilli(1_600_000_000_000 + s.rng.Int64N(1e11)).UTC()))
	case schema.List:
		n := s.count(shape)
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			s.value(shape.Elem, v.Index(i))
		}
	case schema.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range s.count(shape) {
			e := reflect.New(v.Type().Elem()).Elem()
			s.value(shape.Elem, e)
			v.SetMapIndex(reflect.ValueOf(s.text(shape.Key)), e)
		}
	default:
		panic("apitest: no values of kind " + shape.Kind.String())
	}
}

func boolToFloat(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// count is a small number of entries that the shape allows.
func (s *Source) count(shape *schema.Shape) int {
	lo, hi := 1, 3
	if shape.Min.Set {
		lo = max(lo, int(shape.Min.N))
	}
	if shape.Max.Set {
		hi = min(hi, int(shape.Max.N))
	}
	return lo + s.rng.IntN(hi-lo+1)
}

func (s *Source) integer(shape *schema.Shape, most int64) int64 {
	lo, hi := int64(0), most
	if shape.Min.Set {
		lo = int64(shape.Min.N + 0.999)
	}
	if shape.Max.Set {
		hi = int64(shape.Max.N)
	}
	return lo + s.rng.Int64N(hi-lo+1)
}

// instead are patterns to make values from, for those of the model that are
// not Go's or that hardly any value made by chance fits.
var instead = map[string]string{
	"ExecutionRoleArn":         `arn:aws:iam::\d{12}:role/[\w+=,.@-]{1,64}`,
	"KxCommandLineArgumentKey": `[b-zA-Z][a-zA-Z0-9_]{1,20}`,
	"TagKey":                   `[b-zA-Z][a-zA-Z0-9_.:/=+-]{0,20}`,
	"RoleArn":                  `arn:aws:iam::\d{12}:role/[a-zA-Z_0-9+=,.@-]{1,64}`,
	"arn":                      `arn:aws:finspace:us-east-1:\d{12}:kxEnvironment/[a-z0-9]{22}/kxScalingGroup/[a-z]{3,10}`,
	"ValidIPAddress":           `10\.\d\d\.\d\d\.\d\d`,
	"url":                      `https://[a-z]{1,20}\.[a-z]{2,3}/[a-z0-9]{1,20}`,
}

// text makes a string.
func (s *Source) text(shape *schema.Shape) string {
	if len(shape.Enum) > 0 {
		return shape.Enum[s.rng.IntN(len(shape.Enum))]
	}
	lo, hi := 1, 40
	if shape.Min.Set {
		lo = int(shape.Min.N)
	}
	if shape.Max.Set {
		hi = int(shape.Max.N)
	}
	pattern := shape.Pattern
	if p := instead[shape.Name]; p != "" {
		pattern = p
	}
	if pattern == "" || strings.HasPrefix(pattern, ".*") {
		return s.free(lo, min(hi, lo+40))
	}
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		panic(fmt.Sprintf("apitest: pattern of %s: %v", shape.Name, err))
	}
	re = re.Simplify()
	for range 10_000 {
		var b strings.Builder
		s.expression(re, &b, lo)
		text := b.String()
		if n := utf8.RuneCountInString(text); lo <= n && n <= hi {
			return text
		}
	}
	panic("apitest: no value of " + shape.Name + " in ten thousand tries")
}

// awkward are characters that encodings like to get wrong.
var awkward = []rune("azAZ09 \"\\/%&=+?#<>{}'\u00e9\u4e16\U0001f600")

// free makes a string of lo to hi characters, not of spaces alone.
func (s *Source) free(lo, hi int) string {
	text := make([]rune, lo+s.rng.IntN(hi-lo+1))
	for i := range text {
		text[i] = awkward[s.rng.IntN(len(awkward))]
	}
	if len(text) > 0 {
		text[0] = 'a'
	}
	return string(text)
}

// expression writes a string that the expression matches. least is how long
// the whole should get, which repetitions heed.
func (s *Source) expression(re *syntax.Regexp, b *strings.Builder, least int) {
	repeat := func(lo, hi int) {
		n := lo
		if hi > lo {
			n += s.rng.IntN(hi - lo + 1)
		}
		for i := 0; i < n || (hi > 1 && b.Len() < least && i < least); i++ {
			s.expression(re.Sub[0], b, least)
		}
	}
	switch re.Op {
	case syntax.OpLiteral:
		b.WriteString(string(re.Rune))
	case syntax.OpCharClass:
		b.WriteRune(s.class(re.Rune))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteRune(rune('a' + s.rng.IntN(26)))
	case syntax.OpCapture:
		s.expression(re.Sub[0], b, least)
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			s.expression(sub, b, least)
		}
	case syntax.OpAlternate:
		s.expression(re.Sub[s.rng.IntN(len(re.Sub))], b, least)
	case syntax.OpStar:
		repeat(0, 6)
	case syntax.OpPlus:
		repeat(1, 8)
	case syntax.OpQuest:
		repeat(0, 1)
	case syntax.OpRepeat:
		repeat(re.Min, re.Max)
	}
}

// class picks a character of a class, one that prints in ASCII if it has one.
func (s *Source) class(ranges []rune) rune {
	for range 100 {
		i := s.rng.IntN(len(ranges)/2) * 2
		lo, hi := ranges[i], ranges[i+1]
		if lo < ' ' && hi >= ' ' {
			lo = ' '
		}
		if hi > 0xffff && lo < '~' {
			hi = '~'
		}
		if r := lo + rune(s.rng.IntN(int(hi-lo)+1)); r >= ' ' && utf8.ValidRune(r) {
			return r
		}
	}
	return ranges[0]
}
