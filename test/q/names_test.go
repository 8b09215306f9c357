package q_test

import "testing"

// TestDocumentedNames: what the namespaces of q promise, name by name, where no
// other test is about it. Source: KX manual, ".Q", ".h", ".j", ".z".
func TestDocumentedNames(t *testing.T) {
	m := newEmbedded(t, t.TempDir())
	m.do("t:([]a:1 2;b:`x`y)")
	m.all(
		// .Q
		try{".Q.A,.Q.a", `"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"`}, try{".Q.n", `"0123456789"`}, try{".Q.nA~.Q.n,.Q.A", "1b"},
		try{".Q.an~.Q.a,.Q.A,\"_\",.Q.n", "1b"}, try{"count .Q.b6", "64"},
		try{".Q.addmonths[2026.01.31;1]", "2026.03.03"}, try{".Q.addr`127.0.0.1", "2130706433i"}, try{"type .Q.host .Q.addr`127.0.0.1", "-11h"},
		try{"\"c\"$.Q.atob .Q.btoa\"quoin\"", `"quoin"`}, try{".Q.dd[`:d;`e]", "`:d/e"},
		try{".Q.def[`a`b!(1;`x)]`a`c!(enlist\"7\";enlist\"9\")", "a| 7\nb| `x"}, try{".Q.opt(\"-p\";\"1\";\"-v\")", "p| ,,\"1\"\nv| ()"},
		try{".Q.f[2;3.14159]", `"3.14"`}, try{".Q.fmt[7;2;3.14159]", `"   3.14"`}, try{".Q.fc[2*]1 2 3", "2 4 6"}, try{".Q.fu[2*]1 1 2", "2 2 4"},
		try{".Q.ff[([]a:1 2);([]b:0#0n)]", "a b\n---\n1  \n2  "}, try{".Q.ft[{update a+1 from x};1!t]", "a| b\n-| -\n2| x\n3| y"},
		try{".Q.id`$\"a b\"", "`ab"}, try{".Q.id`select", "`select1"}, try{"cols .Q.id(`$(\"aa\";\"=\";\"+\";\"-\"))xcol([]1 2;3 4;5 6;7 8)", "`aa`a`a1`a2"}, try{"type .Q.gc[]", "-7h"}, try{".Q.gz .Q.gz(6;\"text\")", `"text"`},
		try{".Q.j10 .Q.x10 12345", "12345"}, try{".Q.j12 .Q.x12 12345", "12345"}, try{"type .Q.k", "-9h"}, try{"type .Q.K", "-14h"}, try{".Q.M", "0W"},
		try{".Q.qt t", "1b"}, try{".Q.qt 1", "0b"}, try{".Q.qp t", "0"}, try{"`select in .Q.res", "1b"}, try{".Q.s 1 2", `"1 2\n"`}, try{".Q.s1 1 2", `"1 2"`},
		try{".Q.sha1\"abc\"", "0xa9993e364706816aba3e25717850c26c9cd0d89d"}, try{".Q.t 7", `"j"`}, try{".Q.ty 1 2", `"j"`},
		try{".Q.trp[{'oops};0;{[e;b]e}]", `"oops"`}, try{".Q.trpd[{x+y};1 2;{[e;b]e}]", "3"}, try{"count .Q.ts[{x};enlist 1]", "2"},
		try{".Q.V t", "a| 1 2\nb| x y"}, try{".Q.v`t", "a b\n---\n1 x\n2 y"}, try{"key .Q.w[]", "`used`heap`peak`wmax`mmap`mphy`syms`symw"},
		try{".Q.fk 1 2", "`"}, try{".Q.ind[t;0 1]", "'type"},
		try{".Q.Xf[`int;`:f]", "'nyi"}, try{".Q.Cf`:f", "'nyi"}, try{".Q.prf0 1", "'nyi"}, try{".Q.rp`x", "'nyi"},
		// .h
		try{".h.br", `"<br>"`}, try{".h.c0,.h.c1", "`024C7E`958600"}, try{".h.cd t", "\"a,b\"\n\"1,x\"\n\"2,y\""}, try{".h.td t", "\"a\\tb\"\n\"1\\tx\"\n\"2\\ty\""},
		try{".h.code\"a\\tb\"", `"a <code><nobr>b</nobr></code>"`}, try{".h.d", `" "`}, try{"count .h.ed t", "2"}, try{"count .h.edsn`s`u!(t;t)", "2"},
		try{"10=type .h.fram[\"t\";(\"ab\";\"c\");(\"l\";\"r\")]", "1b"}, try{".h.ha[`u;\"x\"]", `"<a href=u>x</a>"`}, try{".h.hb[`u;\"x\"]", `"<a target=v href=u>x</a>"`},
		try{".h.hc\"a<b\"", `"a&lt;b"`}, try{".h.he[\"x\"]like\"HTTP/1.1 400*'x\"", "1b"}, try{".h.hn[\"404\";`txt;\"no\"]like\"HTTP/1.1 404*no\"", "1b"},
		try{".h.hp[enlist\"x\"]like\"*<pre>x*\"", "1b"}, try{".h.hr\"abc\"", `"---"`}, try{".h.ht`x", "'nyi"}, try{".h.hta[`a;enlist[`k]!enlist\"v\"]", `"<a k=\"v\">"`},
		try{".h.htac[`a;enlist[`k]!enlist\"v\";\"x\"]", `"<a k=\"v\">x</a>"`}, try{".h.htc[`p;\"x\"]", `"<p>x</p>"`}, try{".h.html[\"x\"]like\"<html>*<body>x</body></html>\"", "1b"},
		try{".h.http\"see http://x.y\"", `"see <a href=\"http://x.y\">http://x.y</a>"`}, try{".h.hu\"a b/\"", `"a%20b%2f"`}, try{".h.uh\"a%20b\"", `"a b"`}, try{"count .h.hug\"a\"", "256"},
		try{".h.hy[`json;\"1\"]like\"HTTP/1.1 200 OK*application/json*\"", "1b"}, try{".h.HOME", `"html"`}, try{".h.iso8601 2026.01.02D03:04:05", `"2026-01-02T03:04:05.000000000"`},
		try{"count .h.jx[0;`t]", "6"}, try{".h.ka 0", `"close"`}, try{"10=type .h.logo", "1b"}, try{".h.nbr\"x\"", `"<nobr>x</nobr>"`}, try{".h.pre enlist\"x\"", `"<pre>x\n</pre>"`},
		try{"10 10 10h=type each(.h.sa;.h.sb;.h.sc)", "111b"}, try{".h.text enlist\"x\"", `"<p>x</p>\n"`}, try{"`csv`json`txt`xls`xml in key .h.tx", "11111b"}, try{".h.ty`csv", `"text/comma-separated-values"`},
		try{".h.val\"1+1\"", "2"}, try{"first .h.xd t", `"<R>"`}, try{".h.xmp enlist\"x\"", `"<xmp>x\n</xmp>"`}, try{".h.xs\"a&b\"", `"a&amp;b"`}, try{".h.xt[`json;(\"1\";\"2\")]", "1 2f"},
		// .j
		try{".j.j`a`b!1 2", `"{\"a\":1,\"b\":2}"`}, try{".j.jd(0w;enlist[`null0w]!enlist 1b)", `"null"`}, try{".j.k\"[1,2]\"", "1 2f"},
		// .z
		try{"type each(.z.a;.z.c;.z.i;.z.w)", "-6 -6 -6 -6h"}, try{"type each(.z.f;.z.h;.z.o;.z.u)", "-11 -11 -11 -11h"}, try{"type each(.z.p;.z.P;.z.n;.z.N;.z.z;.z.Z;.z.t;.z.T;.z.d;.z.D)", "-12 -12 -16 -16 -15 -15 -19 -19 -14 -14h"},
		try{"type each(.z.K;.z.k;.z.q)", "-9 -14 -1h"}, try{"{.z.s}[]", "{.z.s}"}, try{"type each(.z.x;.z.X;.z.W;.z.H)", "0 0 99 6h"}, try{"x1::x2+1;x2:1;.z.b", "x2| x1"},
		// internal functions
		try{"0N!3", "3"}, try{"-9!-8!t", "a b\n---\n1 x\n2 y"}, try{"-10!20h", "1b"}, try{"-14!\"a\\\"b\"", `"a\"\"b"`}, try{"(-9!-18!til 1000)~til 1000", "1b"}, try{"-22!1 2", "30"},
		try{"-27!(2i;3.14159)", `"3.14"`}, try{"-33!\"abc\"", "0xa9993e364706816aba3e25717850c26c9cd0d89d"}, try{"-36!(`:k;\"p\")", "'Encryption lib unavailable"}, try{"type -16!t", "-6h"},
	)
}
