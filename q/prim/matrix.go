package prim

import (
	"math"

	"github.com/quoinhq/quoin/kdb"
)

// matrixOf returns the rows of a float matrix; numbers of other types become
// floats. Errors: 'type, 'length.
func matrixOf(x kdb.Value) ([][]float64, error) {
	l, ok := x.(*kdb.List)
	if !ok {
		return nil, ErrType
	}
	rows := make([][]float64, len(l.V))
	for i, r := range l.V {
		c, ok := columnOf(r)
		if !ok || c.t != kdb.TFloat {
			return nil, ErrType
		}
		rows[i] = words[float64](c)
		if len(rows[i]) != len(rows[0]) {
			return nil, ErrLength
		}
	}
	return rows, nil
}

func matrixValue(rows [][]float64) kdb.Value {
	out := make([]kdb.Value, len(rows))
	for i, r := range rows {
		out[i] = kdb.NewVec(view[kdb.Float](r))
	}
	return &kdb.List{V: out}
}

// Mmu is the matrix product of float vectors and matrices. Errors: 'type, 'length.
func Mmu(x, y kdb.Value) (kdb.Value, error) {
	xv, xIsVec := x.(*kdb.Floats)
	yv, yIsVec := y.(*kdb.Floats)
	if xIsVec && yIsVec {
		a, b := view[float64](xv.V), view[float64](yv.V)
		if len(a) != len(b) {
			return nil, ErrLength
		}
		return kdb.Float(dot(a, b)), nil
	}
	var a, b [][]float64
	var err error
	if xIsVec {
		a = [][]float64{view[float64](xv.V)}
	} else if a, err = matrixOf(x); err != nil {
		return nil, err
	}
	if yIsVec {
		v := view[float64](yv.V)
		out := make([]kdb.Float, len(a))
		for i, r := range a {
			if len(r) != len(v) {
				return nil, ErrLength
			}
			out[i] = kdb.Float(dot(r, v))
		}
		return kdb.NewVec(out), nil
	}
	if b, err = matrixOf(y); err != nil {
		return nil, err
	}
	p, err := product(a, b)
	if err != nil {
		return nil, err
	}
	if xIsVec {
		return kdb.NewVec(view[kdb.Float](p[0])), nil
	}
	return matrixValue(p), nil
}

func dot(a, b []float64) float64 {
	var s float64
	for i, v := range a {
		s += v * b[i]
	}
	return s
}

// product multiplies row by row, so that both operands are read in order.
func product(a, b [][]float64) ([][]float64, error) {
	out := make([][]float64, len(a))
	width := 0
	if len(b) > 0 {
		width = len(b[0])
	}
	room(len(a)*width, 8)
	for i, r := range a {
		if len(r) != len(b) {
			return nil, ErrLength
		}
		row := make([]float64, width)
		for k, v := range r {
			for j, w := range b[k] {
				row[j] += v * w
			}
		}
		out[i] = row
	}
	return out, nil
}

// Inv inverts a square matrix by LU decomposition with row pivots; a singular
// one gives nulls. Errors: 'type, 'length.
func Inv(x kdb.Value) (kdb.Value, error) {
	a, err := matrixOf(x)
	if err != nil {
		return nil, err
	}
	n := len(a)
	if n > 0 && len(a[0]) != n {
		return nil, ErrLength
	}
	id := make([][]float64, n)
	for i := range id {
		id[i] = make([]float64, n)
		id[i][i] = 1
	}
	r, ok := solve(a, id)
	if !ok {
		for i := range id {
			fillWords(id[i], math.NaN())
		}
		r = id
	}
	return matrixValue(r), nil
}

// solve returns x with a·x = b; false if a is singular.
func solve(a, b [][]float64) ([][]float64, bool) {
	n := len(a)
	l := make([][]float64, n)
	x := make([][]float64, n)
	for i := range n {
		l[i] = append([]float64(nil), a[i]...)
		x[i] = append([]float64(nil), b[i]...)
	}
	for k := range n {
		p := k
		for i := k + 1; i < n; i++ {
			if math.Abs(l[i][k]) > math.Abs(l[p][k]) {
				p = i
			}
		}
		if l[p][k] == 0 {
			return nil, false
		}
		l[p], l[k] = l[k], l[p]
		x[p], x[k] = x[k], x[p]
		for i := k + 1; i < n; i++ {
			f := l[i][k] / l[k][k]
			if f == 0 {
				continue
			}
			for j := k; j < n; j++ {
				l[i][j] -= f * l[k][j]
			}
			for j := range x[i] {
				x[i][j] -= f * x[k][j]
			}
		}
	}
	for k := n - 1; k >= 0; k-- {
		for j := range x[k] {
			s := x[k][j]
			for i := k + 1; i < n; i++ {
				s -= l[k][i] * x[i][j]
			}
			x[k][j] = s / l[k][k]
		}
	}
	return x, true
}

func transpose(a [][]float64) [][]float64 {
	if len(a) == 0 {
		return nil
	}
	out := make([][]float64, len(a[0]))
	for j := range out {
		out[j] = make([]float64, len(a))
		for i := range a {
			out[j][i] = a[i][j]
		}
	}
	return out
}

// Lsq returns the least-squares solution z of x = z mmu y, by the normal
// equations. Errors: 'type, 'length.
func Lsq(x, y kdb.Value) (kdb.Value, error) {
	a, err := matrixOf(x)
	if err != nil {
		return nil, err
	}
	b, err := matrixOf(y)
	if err != nil {
		return nil, err
	}
	if len(a) > 0 && len(b) > 0 && len(a[0]) != len(b[0]) {
		return nil, ErrLength
	}
	if len(a) == 0 || len(b) == 0 || len(b[0]) == 0 {
		return nil, ErrLength
	}
	bt := transpose(b)
	if len(b) == len(b[0]) {
		// Square: z = x · y⁻¹, solved as yᵀ zᵀ = xᵀ.
		z, ok := solve(bt, transpose(a))
		if !ok {
			return nil, ErrDomain
		}
		return matrixValue(transpose(z)), nil
	}
	normal, err := product(b, bt)
	if err != nil {
		return nil, err
	}
	right, err := product(b, transpose(a))
	if err != nil {
		return nil, err
	}
	z, ok := solve(normal, right)
	if !ok {
		return nil, ErrDomain
	}
	return matrixValue(transpose(z)), nil
}

// Cross pairs every item of x with every item of y, by joining them.
// Errors: 'type.
func Cross(x, y kdb.Value) (kdb.Value, error) {
	if d, ok := x.(*kdb.Dict); ok {
		e, ok := y.(*kdb.Dict)
		if !ok {
			return nil, ErrType
		}
		k, err := Cross(d.K, e.K)
		if err != nil {
			return nil, err
		}
		v, err := Cross(d.V, e.V)
		return onlyDict(k, v, err)
	}
	n, m := x.Len(), y.Len()
	room(n*m, 32)
	xi, yi := make([]kdb.Long, 0, n*m), make([]kdb.Long, 0, n*m)
	for i := range n {
		for j := range m {
			xi, yi = append(xi, kdb.Long(i)), append(yi, kdb.Long(j))
		}
	}
	if t, ok := x.(*kdb.Table); ok {
		u, ok := y.(*kdb.Table)
		if !ok {
			return nil, ErrType
		}
		a, b := Gather(t, xi).(*kdb.Table), Gather(u, yi).(*kdb.Table)
		return kdb.NewTable(append(append([]kdb.Symbol{}, a.Names...), b.Names...), append(append([]kdb.Value{}, a.Cols...), b.Cols...)), nil
	}
	out := make([]kdb.Value, len(xi))
	for i := range out {
		out[i] = Join(Item(listOf(x), int(xi[i])), Item(listOf(y), int(yi[i])))
	}
	return &kdb.List{V: out}, nil
}

func matrixOps(r registry) {
	r.two("mmu", Mmu)
	r.one("inv", Inv)
	r.two("lsq", Lsq)
	r.two("cross", Cross)
}
