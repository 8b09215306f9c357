q)(lo;hi):10 20;hi-lo
10
q)(lo;(mid;hi)):(1;2 3);lo,mid,hi
1 2 3
q)(lo;;hi):7 8 9;lo,hi
7 9
q)(lo;hi):1 2 3
'length
q)(lo;hi;):1 2
'length
q)(lo;hi):5
'type
q)lo:hi:0;@[value;"(lo;hi;4):7 8 9";::];lo,hi
0 0
q)(3):3
q)(3):4
'match
q)("ab"):"ab"
q)(lo;"x"):(1;"y")
'match
q)v:3 4 5;(v[1]):9;v
3 9 5
q)r:(lo;hi:2*):3 4;r,lo,hi
3 8 3 8
q)(lo;hi)::3 4;lo+hi
7
q){(lo;hi):x;hi-lo}5 9
4
q)lo:1;{(lo;hi):x;lo}5 9;lo
1
q){(.t.lo;hi)::x;}5 9;.t.lo
5
q)(`a`b!(lo;hi)):`a`b`c!7 8 9;lo,hi
7 8
q)(`a`d!(lo;hi)):`a`b`c!7 8 9
'match
q)([b:lo]):`a`b!1 2;lo
2
q)([b]):`a`b!1 2;b
2
q)([a:;b:lo]):`a`b!1 2;lo
2
q)([z:;b:lo]):`a`b!1 2
'match
q)([b:lo]):5
'type
q)([]p:lo):([]s:`u`v;p:1.5 2.5);lo
1.5 2.5
q)([s:hi]p:lo):([s:`u`v]p:1.5 2.5);(hi;lo)
u   v  
1.5 2.5
q)([]p:lo):1 2
'type
q)(flip([p;s])):([]s:`u`v;p:1 2);p
1 2
q)(lo!hi):`a`b!3 4;hi
3 4
q)(lo!):`a`b!3 4;lo
`a`b
q)(lo;hi):([]p:1 2);hi
p| 2
q)(:`j):4
q)(:`j):4i
'type
q)(:`J):4
'type
q)(lo:`S):`a`b;lo
`a`b
q)((lo;hi):`J):4 5;lo
4
q)((lo:`j;hi:`s)):(4;`a);hi
`a
q)(lo:{'"too small"}):4
'too small
q){[(a;b);c]c*a+b}[1 2;10]
30
q){[(a;b);c]c*a+b}[1 2 3;10]
'length
q){[n:`j]n+1}5
6
q){[n:`j]n+1}5.
'type
q){[n:abs]n+1}neg 5
6
q){[;n]n}[1;2]
2
q){[a;]a}[1;2]
1
q){[([name;age:n])](name;n)}`age`name!(3;`x)
`x
3
q)f:{[(a;b);c]a+b+c};f[;5]1 2
8
q)({[(a;b)]a*b}')(2 3;4 5)
6 20
q):[5;5;`five;`other]
`five
q):[6;5;`five;`other]
`other
q):[1 2;(a;b;c);`three;(a;b);a-b;`none]
-1
q):["s";x:`s;`sym;x:`c;x;`none]
"s"
q):[3;x:`j;2*x;'`unused]
6
q):[3;x:{'"oops"};1;2]
'oops
q)kind:{:[x;:`j;`long;:`J;`longs;(;);`pair;`other]};kind each(1;1 2;(`a;1);1f)
`long`longs`pair`other
q){[(a;b):`J]a}1 2
1
q):[2;3]
3
q)/ (a i) is a[i], as kxtaqdb.q of AWS's basic_tick_V3 has it in a function
q)v:5#0;(v 1 3):7 8;v
0 7 0 8 0
q){w::3#0;(w x):y;w}[2;9]
0 0 9
