package main

import "strings"

// known are examples whose page contradicts itself, shows what an older version
// printed, or shows another implementation's inside: page, how the input
// begins, and why no engine of today prints that.
var known = []struct{ page, input, why string }{
	{"accumulators", "m  ", "shows a variable that the page defines otherwise above"},
	{"amend", "@[d;1 1 1;+;3]", "a general list shown on one line"},
	{"apply", `tc "abc"`, "numbers shown as a string"},
	{"apply", "b // not", "the page assigned b above"},
	{"asc", "b is", "depends on a random permutation"},
	{"asc", "show is", "a random permutation"},
	{"assign", "bar", "a slip of the keyboard in the result"},
	{"ceiling", "ceiling 2010", "before 3.0, as the page says"},
	{"floor", "floor 2009", "before 3.0, as the page says"},
	{"cross", "a:", "an assignment shown with a result"},
	{"cross", "b:", "an assignment shown with a result"},
	{"deal", "0N?(", "a random permutation"},
	{"delete", `\v`, "names that the page assigned above are missing"},
	{"deltas", "select movement", "signum gave longs in an older version"},
	{"desc", "show l:desc", "a mixed list with older types"},
	{"dev", "t ", "shows a table that the page defines otherwise"},
	{"dev", "t", "shows a table that the page defines otherwise"},
	{"dev", "2 mdev t", "shows a table that the page defines otherwise"},
	{"doth", `.h.hn["404"`, "not cut at the console's width"},
	{"doth", `\head`, "runs a command on a file outside the session"},
	{"doth", ".h.tx", "k definitions"},
	{"dotj", ".j.k 0N!.j.j ([]", "a table on one line, against the page on .h.tx"},
	{"dotm", "-120!", "memory domains"},
	{"dotq", ".Q.vp", "the state of a database that the page does not make"},
	{"dotq", ".Q.P", "the state of a database that the page does not make"},
	{"dotq", ".Q.D", "the state of a database that the page does not make"},
	{"dotq", ".Q.li", "needs a database that the page does not make"},
	{"dotq", "{x .Q.dd'key x}", "needs a folder that the page does not make"},
	{"dotq", "key`:db", "needs a folder that the page does not make"},
	{"dotq", ".Q.ft[", "needs a script that the page loads from elsewhere"},
	{"dotq", "select from s", "needs a script that the page loads from elsewhere"},
	{"dotq", ".Q.id`$", "the result carries a remark"},
	{"dotq", ".Q.id ", "a dictionary of empty lists shown empty"},
	{"dotq", ".Q.id flip", "reserved words in the order of another version"},
	{"dotq", `\`, "switches to k"},
	{"dotz", "2010.12.16", "output of a timer pasted as input"},
	{"dotz", "-21!", "the size of the compressor's output"},
	{"dotz", "aa", "switches to k display"},
	{"drop", "1 _ d", "the assignment above has stray backslashes"},
	{"drop", "d _ 1", "the assignment above has stray backslashes"},
	{"drop", "enlist[1", "the assignment above has stray backslashes"},
	{"ej", "t", "the page does not define t"},
	{"ej", "ej[", "the page does not define t"},
	{"ema", "", "not cut at the console's width"},
	{"enumerate", "e", "the domain was changed between the lines shown"},
	{"enumerate", "value e", "the domain was changed between the lines shown"},
	{"exp", "3 xexp", "shown at another precision than the page set"},
	{"fill", "fills {", "assigns to an expression"},
	{"fkeys", "", "the page does not define t"},
	{"ij", "x ij y        /V2.8", "version 2.8, as the page says"},
	{"lj", "x lj y        / q 2.8", "version 2.8, as the page says"},
	{"uj", "x uj y        / q 2.8", "version 2.8, as the page says"},
	{"iterators", "+/[100000", "an arithmetic slip in the result"},
	{"iterators", "count'", "an arithmetic slip in the result"},
	{"iterators", "(count')", "an arithmetic slip in the result"},
	{"join", "(`sym$", "the page does not define its domains"},
	{"join", "`a,`sym2", "the page does not define its domains"},
	{"key", "key`:", "folders of the author's machine"},
	{"key", "f where", "folders of the author's machine"},
	{"key", "key `", "names of the author's session"},
	{"less-than", "(3;\"a\")", "a slip in the result"},
	{"lsq", "", "rounding noise of another library"},
	{"med", "med", "the page does not define k"},
	{"meta", `\v`, "names of another session"},
	{"parse", "parse \"k)", "k code"},
	{"parse", "parse \"foo", "k definitions"},
	{"parse", "eval x", "needs a table that the page does not make"},
	{"read0", "rl`", "reads what somebody types"},
	{"read0", "1\">> \"", "reads what somebody types"},
	{"read0", "a[4", "reads what somebody types"},
	{"read1", `\cat`, "runs a command on a file outside the session"},
	{"save", "read0 `:t.xls", "cut at another width"},
	{"show", "f 2 3", "sum gave longs in an older version"},
	{"signal", "'type", "output of another process pasted as input"},
	{"system", `\a`, "needs a script that the page loads from elsewhere"},
	{"tables", "tables", "needs a script that the page loads from elsewhere"},
	{"take", "2 3#", "a matrix shown on one line"},
	{"take", "3 0N", "a matrix shown on one line"},
	{"take", "([]s:", "needs a script that the page loads from elsewhere"},
	{"ungroup", "ungroup t", "shows a table that the page defines otherwise"},
	{"value", "value differ", "k definitions"},
	{"value", "value f", "bytecode"},
	{"value", "value each (get", "k's numbers of primitives"},
}

// isKnown reports whether an example is one of those.
func isKnown(page, input string) bool {
	page = strings.TrimSuffix(page, ".md")
	for _, k := range known {
		if k.page == page && strings.HasPrefix(input, k.input) && (k.input != "t" && k.input != "e" && k.input != `\` && k.input != "aa" || strings.TrimSpace(strings.SplitN(input, " ", 2)[0]) == k.input) {
			return true
		}
	}
	return false
}
