q)1,2
1 2
q)1 2,3
1 2 3
q)1,2 3
1 2 3
q)1 2,3 4
1 2 3 4
q)1,`a
1
`a
q)1 2,3.5
1
2
3.5
q)1 2,3i
1
2
3i
q)"ab","cd"
"abcd"
q)"a","b"
"ab"
q)`a,`b`c
`a`b`c
q)(),1
,1
q)(),1 2
1 2
q)1 2,()
1 2
q)(1;`a),2
1
`a
2
q)(1 2;3),enlist 4
1 2
3
4
q)enlist[1 2],enlist 3 4
1 2
3 4
q)(`a`b!1 2),`b`c!3 4
a| 1
b| 3
c| 4
q)(`a`b!1 2),`c`a!(3;`x)
a| `x
b| 2
c| 3
q)([]a:1 2),([]a:3 4)
a
-
1
2
3
4
q)([]a:1 2;b:3 4),([]b:5 6;a:7 8)
a b
---
1 3
2 4
7 5
8 6
q)([]a:1 2),([]b:3 4)
'mismatch
q)([]a:1 2),enlist[`a]!enlist 3
a
-
1
2
3
q)([]a:1 2),`a`b!3 4
'mismatch
q)([k:`x`y]v:1 2),([k:`y`z]v:3 4)
k| v
-| -
x| 1
y| 3
z| 4
q)1,`a`b!1 2
'type
q)(0#0),1.5
,1.5
q)"",1 2
1 2
q)0x01,0x0203
0x010203
q)1b,0b
10b
q)2024.01.01,2024.01.02
2024.01.01 2024.01.02
q)s:1 2;s,:3;s
1 2 3
q)s:1 2;s,:4.5;s
'type
q)s:"ab";s,:"c";s
"abc"
q)s:();s,:1;s,:`a;s
'type
q)s:enlist 1 2;s,:3 4;s
1 2
3 4
q)s:`a`b!1 2;s,:`b`c!5 6;s
a| 1
b| 5
c| 6
q)t:([]a:1 2;b:3 4);t,:5 6;t
a b
---
1 3
2 4
5 6
q)t,:([]a:7 8;b:9 10);t
a b 
----
1 3 
2 4 
5 6 
7 9 
8 10
q)t,:`a`b!11 12;t
a  b 
-----
1  3 
2  4 
5  6 
7  9 
8  10
11 12
q)t,:([]a:1 2f;b:3 4);t
'type
q)(::),1
::
1
q)raze(1 2;3;4 5)
1 2 3 4 5
q)raze("ab";"c";"de")
"abcde"
q)raze`a`b!(1 2;3)
1 2 3
q)raze 1
,1
q)raze()
q)raze enlist 1 2
1 2
q)raze(1;`a;"c")
1
`a
"c"
q)raze([]a:1 2)
a
-
1
2
q)raze(([]a:1 2);([]a:3 4))
a
-
1
2
3
4
q)raze(enlist 1 2;enlist 3 4)
1 2
3 4
q)(`a`b!1 2),()!()
a| 1
b| 2
q)(()!()),`a`b!1 2
a| 1
b| 2
q)x:();x,:enlist 1 2;x,:enlist 3 4;x
1 2
3 4
q)t:();t,:([]a:1 2);t
a
-
1
2
