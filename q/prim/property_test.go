package prim_test

import (
	"cmp"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
	"pgregory.net/rapid"
)

// must applies a primitive and fails the test on an error.
func must(t rapid.TB, name string, args ...kdb.Value) kdb.Value {
	t.Helper()
	b, ok := prim.Lookup(name)
	if !ok {
		t.Fatalf("no primitive %q", name)
	}
	r, err := b.Call(&prim.Env{Threads: 2}, args...)
	if err != nil {
		t.Fatalf("%s %s: %v", name, show(args...), err)
	}
	return r
}

// longs draws vectors that often hold nulls, infinities, equal and close values.
func longs() *rapid.Generator[[]kdb.Long] {
	return rapid.SliceOf(rapid.OneOf(
		rapid.Map(rapid.Int64Range(-5, 5), func(v int64) kdb.Long { return kdb.Long(v) }),
		rapid.Map(rapid.Int64Range(-1e12, 1e12), func(v int64) kdb.Long { return kdb.Long(v) }),
		rapid.SampledFrom([]kdb.Long{kdb.NullLong, kdb.InfLong, -kdb.InfLong, 0})))
}

func floats() *rapid.Generator[[]kdb.Float] {
	return rapid.SliceOf(rapid.OneOf(
		rapid.Map(rapid.IntRange(-5, 5), func(v int) kdb.Float { return kdb.Float(v) / 2 }),
		rapid.Map(rapid.Float64Range(-1e6, 1e6), func(v float64) kdb.Float { return kdb.Float(v) }),
		rapid.SampledFrom([]kdb.Float{kdb.NullFloat(), kdb.InfFloat(1), kdb.InfFloat(-1), 0, kdb.Float(math.Copysign(0, -1))})))
}

func symbols() *rapid.Generator[[]kdb.Symbol] {
	return rapid.SliceOf(rapid.Map(rapid.StringMatching(`[a-c]{0,2}`), kdb.Sym))
}

// conform cuts two slices to one length.
func conform[T, U any](a []T, b []U) ([]T, []U) {
	n := min(len(a), len(b))
	return a[:n], b[:n]
}

func TestArithmeticAgainstPlainGo(t *testing.T) {
	ops := map[string]func(a, b kdb.Long) kdb.Long{
		"+": func(a, b kdb.Long) kdb.Long { return a + b },
		"-": func(a, b kdb.Long) kdb.Long { return a - b },
		"*": func(a, b kdb.Long) kdb.Long { return a * b },
		"div": func(a, b kdb.Long) kdb.Long {
			if b == 0 {
				return kdb.NullLong
			}
			q := a / b
			if a%b != 0 && (a < 0) != (b < 0) {
				q--
			}
			return q
		},
		"mod": func(a, b kdb.Long) kdb.Long {
			if b == 0 {
				return kdb.NullLong
			}
			r := a % b
			if r != 0 && (r < 0) != (b < 0) {
				r += b
			}
			return r
		},
	}
	for name, op := range ops {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				a, b := conform(longs().Draw(t, "a"), longs().Draw(t, "b"))
				ref := func(x, y kdb.Long) kdb.Long {
					if x == kdb.NullLong || y == kdb.NullLong {
						return kdb.NullLong
					}
					return op(x, y)
				}
				got := must(t, name, kdb.NewVec(a), kdb.NewVec(b)).(*kdb.Longs).V
				for i := range a {
					if want := ref(a[i], b[i]); got[i] != want {
						t.Fatalf("%d %s %d: got %d want %d", a[i], name, b[i], got[i], want)
					}
				}
				if len(a) == 0 {
					return
				}
				left := must(t, name, a[0], kdb.NewVec(b)).(*kdb.Longs).V
				right := must(t, name, kdb.NewVec(a), b[0]).(*kdb.Longs).V
				for i := range a {
					if left[i] != ref(a[0], b[i]) || right[i] != ref(a[i], b[0]) {
						t.Fatalf("atom forms of %s differ at %d: %d %d", name, i, left[i], right[i])
					}
				}
				if atom := must(t, name, a[0], b[0]); atom != kdb.Value(ref(a[0], b[0])) {
					t.Fatalf("atoms: got %v", atom)
				}
			})
		})
	}
}

func TestMixedWidthsAgainstLongs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.SliceOf(rapid.Int16()).Draw(t, "a")
		b := rapid.SliceOf(rapid.Int32Range(-1000, 1000)).Draw(t, "b")
		a, b = conform(a, b)
		x, y := make([]kdb.Short, len(a)), make([]kdb.Int, len(b))
		for i := range a {
			x[i], y[i] = kdb.Short(a[i]), kdb.Int(b[i])
		}
		got := must(t, "+", kdb.NewVec(x), kdb.NewVec(y)).(*kdb.Ints).V
		for i := range a {
			want := kdb.NullInt
			if x[i] != kdb.NullShort {
				want = kdb.Int(a[i]) + y[i]
			}
			if got[i] != want {
				t.Fatalf("%d+%d: got %d want %d", x[i], y[i], got[i], want)
			}
		}
	})
}

func TestComparisonsAgainstPlainGo(t *testing.T) {
	rels := map[string]func(c int) bool{
		"=": func(c int) bool { return c == 0 }, "<>": func(c int) bool { return c != 0 },
		"<": func(c int) bool { return c < 0 }, ">": func(c int) bool { return c > 0 },
		"<=": func(c int) bool { return c <= 0 }, ">=": func(c int) bool { return c >= 0 },
	}
	for name, holds := range rels {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				a, b := conform(floats().Draw(t, "a"), floats().Draw(t, "b"))
				want := func(x, y kdb.Float) kdb.Bool {
					if x != y && math.Abs(float64(x-y)) <= math.Max(math.Abs(float64(x)), math.Abs(float64(y)))*0x1p-43 && !math.IsInf(float64(x), 0) && !math.IsInf(float64(y), 0) {
						return kdb.Bool(holds(0))
					}
					return kdb.Bool(holds(cmp.Compare(x+0, y+0)))
				}
				got := must(t, name, kdb.NewVec(a), kdb.NewVec(b)).(*kdb.Bools).V
				for i := range a {
					if got[i] != want(a[i], b[i]) {
						t.Fatalf("%v %s %v: got %v", a[i], name, b[i], got[i])
					}
				}
				if len(a) > 0 {
					for i, r := range must(t, name, kdb.NewVec(a), b[0]).(*kdb.Bools).V {
						if r != want(a[i], b[0]) {
							t.Fatalf("%v %s atom %v: got %v", a[i], name, b[0], r)
						}
					}
				}
				s, u := conform(symbols().Draw(t, "s"), symbols().Draw(t, "u"))
				for i, r := range must(t, name, kdb.NewVec(s), kdb.NewVec(u)).(*kdb.Bools).V {
					if bool(r) != holds(cmp.Compare(s[i].String(), u[i].String())) {
						t.Fatalf("%v %s %v: got %v", s[i], name, u[i], r)
					}
				}
			})
		})
	}
}

// checkOrder compares a grade with a stable sort.
func checkOrder[T kdb.Elem](t *rapid.T, v []T, order func(a, b T) int) {
	idx := make([]kdb.Long, len(v))
	for i := range idx {
		idx[i] = kdb.Long(i)
	}
	up, down := slices.Clone(idx), slices.Clone(idx)
	slices.SortStableFunc(up, func(i, j kdb.Long) int { return order(v[i], v[j]) })
	slices.SortStableFunc(down, func(i, j kdb.Long) int { return order(v[j], v[i]) })
	if got := must(t, "iasc", kdb.NewVec(v)).(*kdb.Longs).V; !slices.Equal(got, up) {
		t.Fatalf("iasc %v: got %v want %v", v, got, up)
	}
	if got := must(t, "idesc", kdb.NewVec(v)).(*kdb.Longs).V; !slices.Equal(got, down) {
		t.Fatalf("idesc %v: got %v want %v", v, got, down)
	}
}

func TestSortAgainstStableSort(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// Long enough now and then for the radix sort.
		times := rapid.SampledFrom([]int{1, 1, 1, 60}).Draw(t, "times")
		l := slices.Repeat(longs().Draw(t, "longs"), times)
		f := slices.Repeat(floats().Draw(t, "floats"), times)
		s := slices.Repeat(symbols().Draw(t, "symbols"), times)
		checkOrder(t, l, func(a, b kdb.Long) int { return cmp.Compare(a, b) })
		checkOrder(t, f, func(a, b kdb.Float) int { return cmp.Compare(a+0, b+0) })
		checkOrder(t, s, func(a, b kdb.Symbol) int { return cmp.Compare(a.String(), b.String()) })
	})
}

// checkSearch compares find, in, distinct and group with maps.
func checkSearch[T kdb.Elem](t *rapid.T, v, w []T, same func(a, b T) bool) {
	first := func(s []T, x T) int {
		if i := slices.IndexFunc(s, func(y T) bool { return same(x, y) }); i >= 0 {
			return i
		}
		return len(s)
	}
	for name, x := range map[string]kdb.Value{"": kdb.NewVec(v), "g": withAttr(t, "g", v)} {
		found := must(t, "?", x, kdb.NewVec(w)).(*kdb.Longs).V
		in := must(t, "in", kdb.NewVec(w), x).(*kdb.Bools).V
		for i, y := range w {
			if want := first(v, y); int(found[i]) != want || bool(in[i]) != (want < len(v)) {
				t.Fatalf("%s# %v?%v: got %d, in %v, want %d", name, v, y, found[i], in[i], want)
			}
		}
	}
	g := must(t, "group", kdb.NewVec(v)).(*kdb.Dict)
	d := must(t, "distinct", kdb.NewVec(v)).(*kdb.Vec[T]).V
	var want []T
	for _, y := range v {
		if first(want, y) == len(want) {
			want = append(want, y)
		}
	}
	if !slices.EqualFunc(d, want, same) || !slices.EqualFunc(g.K.(*kdb.Vec[T]).V, want, same) {
		t.Fatalf("distinct %v: got %v want %v", v, d, want)
	}
	for k, rows := range prim.Items(g.V) {
		var at []kdb.Long
		for i, y := range v {
			if same(y, want[k]) {
				at = append(at, kdb.Long(i))
			}
		}
		if !slices.Equal(rows.(*kdb.Longs).V, at) {
			t.Fatalf("group %v: %v at %v want %v", v, want[k], rows.(*kdb.Longs).V, at)
		}
	}
}

func withAttr[T kdb.Elem](t rapid.TB, a string, v []T) kdb.Value {
	return must(t, "#", kdb.Sym(a), kdb.NewVec(v))
}

func TestSearchAgainstMaps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checkSearch(t, longs().Draw(t, "longs"), longs().Draw(t, "find"), func(a, b kdb.Long) bool { return a == b })
		checkSearch(t, floats().Draw(t, "floats"), floats().Draw(t, "find"), func(a, b kdb.Float) bool { return a == b || a != a && b != b })
		checkSearch(t, symbols().Draw(t, "symbols"), symbols().Draw(t, "find"), func(a, b kdb.Symbol) bool { return a == b })
		ints := rapid.SliceOf(rapid.Map(rapid.Int32(), func(v int32) kdb.Int { return kdb.Int(v) }))
		checkSearch(t, ints.Draw(t, "ints"), ints.Draw(t, "find"), func(a, b kdb.Int) bool { return a == b })
	})
}

func TestBinAgainstScan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := longs().Draw(t, "sorted")
		slices.Sort(v)
		w := longs().Draw(t, "find")
		got := must(t, "bin", kdb.NewVec(v), kdb.NewVec(w)).(*kdb.Longs).V
		right := must(t, "binr", kdb.NewVec(v), kdb.NewVec(w)).(*kdb.Longs).V
		for i, x := range w {
			last, at := -1, len(v)
			for j, y := range v {
				if y <= x {
					last = j
				}
				if y >= x && at == len(v) {
					at = j
				}
			}
			if int(got[i]) != last || int(right[i]) != at {
				t.Fatalf("%v bin %d: got %d %d want %d %d", v, x, got[i], right[i], last, at)
			}
		}
	})
}

func TestMovingAgainstWindows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 6).Draw(t, "n")
		v := floats().Draw(t, "v")
		window := func(i int) (sum float64, count int, least, most float64) {
			least, most = math.NaN(), math.NaN()
			for j, x := range v[max(0, i-n+1) : i+1] {
				f := float64(x)
				if f == f {
					sum += f
					count++
				}
				if f != f || least == least && f < least || j == 0 {
					least = f
				}
				if f == f && !(f <= most) {
					most = f
				}
			}
			if most != most {
				most = math.Inf(-1)
			}
			return
		}
		x := kdb.NewVec(v)
		sums := must(t, "msum", kdb.Long(n), x).(*kdb.Floats).V
		avgs := must(t, "mavg", kdb.Long(n), x).(*kdb.Floats).V
		counts := must(t, "mcount", kdb.Long(n), x).(*kdb.Longs).V
		mins := must(t, "mmin", kdb.Long(n), x).(*kdb.Floats).V
		maxs := must(t, "mmax", kdb.Long(n), x).(*kdb.Floats).V
		for i := range v {
			sum, count, least, most := window(i)
			if !near(float64(sums[i]), sum) || !near(float64(avgs[i]), sum/float64(count)) || int(counts[i]) != count {
				t.Fatalf("window %d of %v: sum %v avg %v count %v want %v %v %v", i, v, sums[i], avgs[i], counts[i], sum, sum/float64(count), count)
			}
			if !near(float64(mins[i]), least) || !near(float64(maxs[i]), most) {
				t.Fatalf("window %d of %v: min %v max %v want %v %v", i, v, mins[i], maxs[i], least, most)
			}
		}
	})
}

// near is equality of floats worked out in different orders.
func near(a, b float64) bool {
	return a == b || a != a && b != b || math.Abs(a-b) <= 1e-6+1e-9*math.Max(math.Abs(a), math.Abs(b))
}

func TestAggregatesAgainstPlainGo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := longs().Draw(t, "v")
		var sum kdb.Long
		least, most := kdb.InfLong, -kdb.InfLong
		var total float64
		n := 0
		for _, x := range v {
			if x == kdb.NullLong {
				continue
			}
			sum += x
			total += float64(x)
			n++
			least, most = min(least, x), max(most, x)
		}
		x := kdb.NewVec(v)
		if got := must(t, "sum", x); got != kdb.Value(sum) {
			t.Fatalf("sum %v: got %v want %v", v, got, sum)
		}
		if a, b := must(t, "min", x), must(t, "max", x); a != kdb.Value(least) || b != kdb.Value(most) {
			t.Fatalf("min, max %v: got %v %v want %v %v", v, a, b, least, most)
		}
		if !slices.ContainsFunc(v, func(x kdb.Long) bool { return x == kdb.InfLong || x == -kdb.InfLong }) {
			if got := must(t, "avg", x).(kdb.Float); !near(float64(got), total/float64(n)) {
				t.Fatalf("avg %v: got %v want %v", v, got, total/float64(n))
			}
		}
		f := floats().Draw(t, "f")
		finite := slices.DeleteFunc(slices.Clone(f), func(x kdb.Float) bool { return x-x != 0 })
		if len(finite) > 0 {
			sorted := slices.Clone(finite)
			slices.Sort(sorted)
			h := len(sorted) / 2
			want := sorted[h]
			if len(sorted)%2 == 0 {
				want = (sorted[h-1] + sorted[h]) / 2
			}
			if got := must(t, "med", kdb.NewVec(finite)).(kdb.Float); !near(float64(got), float64(want)) {
				t.Fatalf("med %v: got %v want %v", finite, got, want)
			}
		}
	})
}

func TestTemporalAgainstTimePackage(t *testing.T) {
	epoch := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		ns := rapid.Int64Range(-9e18, 9e18).Draw(t, "ns")
		at := epoch.Add(time.Duration(ns))
		p := kdb.Timestamp(ns)
		day := kdb.Date(math.Floor(float64(at.Truncate(24*time.Hour).Unix()-epoch.Unix()) / 86400))
		for name, want := range map[string]kdb.Value{
			"date": day, "month": kdb.Month((at.Year()-2000)*12 + int(at.Month()) - 1),
			"year": kdb.Int(at.Year()), "mm": kdb.Int(at.Month()), "dd": kdb.Int(at.Day()),
			"hh": kdb.Int(at.Hour()), "uu": kdb.Int(at.Minute()), "ss": kdb.Int(at.Second()),
			"minute": kdb.Minute(at.Hour()*60 + at.Minute()), "second": kdb.Second(at.Hour()*3600 + at.Minute()*60 + at.Second()),
			"time":     kdb.Time((at.Hour()*3600+at.Minute()*60+at.Second())*1000 + at.Nanosecond()/1e6),
			"timespan": kdb.Timespan(time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute + time.Duration(at.Second())*time.Second + time.Duration(at.Nanosecond())),
		} {
			if got := must(t, "$", kdb.Sym(name), p); got != want {
				t.Fatalf("%s of %v: got %v want %v", name, at, got, want)
			}
		}
		n := must(t, "-", p, day)
		if back := must(t, "+", day, n); back != kdb.Value(p) {
			t.Fatalf("%v: date + (timestamp - date) = %v", at, back)
		}
	})
}

func TestCastTextRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		for letter, x := range map[byte]kdb.Value{
			'J': kdb.Long(rapid.Int64Range(-1e17, 1e17).Draw(t, "j")), 'I': kdb.Int(rapid.Int32Range(-1e9, 1e9).Draw(t, "i")),
			'P': kdb.Timestamp(rapid.Int64Range(-9e18, 9e18).Draw(t, "p")), 'N': kdb.Timespan(rapid.Int64Range(-9e18, 9e18).Draw(t, "n")),
			'D': kdb.Date(rapid.Int32Range(-700000, 2900000).Draw(t, "d")), 'T': kdb.Time(rapid.Int32Range(-86399999, 86399999).Draw(t, "t")),
			'M': kdb.Month(rapid.Int32Range(-20000, 90000).Draw(t, "m")), 'V': kdb.Second(rapid.Int32Range(0, 86399).Draw(t, "v")),
			'U': kdb.Minute(rapid.Int32Range(0, 1439).Draw(t, "u")),
		} {
			text := must(t, "string", x)
			if back := must(t, "$", kdb.Char(letter), text); back != x {
				t.Fatalf("%c$%s: got %v want %v", letter, show(text), back, x)
			}
		}
	})
}

func TestStructureLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := kdb.NewVec(longs().Draw(t, "x"))
		n := rapid.IntRange(-20, 20).Draw(t, "n")
		if r := prim.Reverse(prim.Reverse(x)); !prim.Match(r, x) {
			t.Fatalf("reverse twice: %v", show(r))
		}
		if taken := prim.TakeN(int64(n), x); taken.Len() != max(n, -n) {
			t.Fatalf("%d# has %d items", n, taken.Len())
		}
		k := rapid.IntRange(0, len(x.V)).Draw(t, "cut")
		both := prim.Join(prim.Slice(x, 0, k), prim.Slice(x, k, len(x.V)))
		if !prim.Match(both, x) {
			t.Fatalf("cut and join: %v", show(both))
		}
		rotated := must(t, "rotate", kdb.Long(n), x)
		if back := must(t, "rotate", kdb.Long(-n), rotated); !prim.Match(back, x) {
			t.Fatalf("rotate %d and back: %v", n, show(back))
		}
		b := make([]kdb.Bool, len(x.V))
		for i, v := range x.V {
			b[i] = v%2 == 0
		}
		var want []kdb.Long
		for i, v := range b {
			if v {
				want = append(want, kdb.Long(i))
			}
		}
		if got := prim.WhereTrue(b); !slices.Equal(got, want) || prim.CountTrue(b) != len(want) {
			t.Fatalf("where %v: got %v want %v", b, got, want)
		}
	})
}

// TestExtremeFloats: compared with a loop, over floats of either sign, both
// zeros, infinities and nulls of either sign.
func TestExtremeFloats(t *testing.T) {
	null := math.Float64frombits(0xFFF8000000000000) // as kdb+ sends it
	rapid.Check(t, func(t *rapid.T) {
		kinds := [][]float64{{1, 2, 2.5, 1e300, math.Inf(1)}, {-1, -2, -2.5, math.Inf(-1)}, {0, math.Copysign(0, -1)}, {math.NaN(), null}}
		use := rapid.SliceOfN(rapid.SampledFrom(kinds), 1, 3).Draw(t, "kinds")
		s := rapid.SliceOfN(rapid.SampledFrom(slices.Concat(use...)), 0, 40).Draw(t, "s")
		m := rapid.SampledFrom([]float64{math.Inf(1), math.Inf(-1), 0, 2, -2}).Draw(t, "m")
		least, greatest := m, m
		for _, v := range s {
			if v < least {
				least = v
			}
			if v > greatest {
				greatest = v
			}
		}
		if got := prim.LeastFloat(m, s); got != least {
			t.Fatalf("the least is %v, not %v", least, got)
		}
		if got := prim.GreatestFloat(m, s); got != greatest {
			t.Fatalf("the greatest is %v, not %v", greatest, got)
		}
	})
}
