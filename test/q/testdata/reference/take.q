q)3#`a`b`c`d
`a`b`c
q)-3#`a`b`c`d
`b`c`d
q)6#1 2 3
1 2 3 1 2 3
q)-7#1 2 3
3 1 2 3 1 2 3
q)0#1 2 3
`long$()
q)2#5
5 5
q)3#`x
`x`x`x
q)0#5
`long$()
q)2 3#til 6
0 1 2
3 4 5
q)2 4#til 6
0 1 2 3
4 5 0 1
q)3 2#"abcdef"
"ab"
"cd"
"ef"
q)0N 2#til 5
0 1
2 3
,4
q)0N 3#"abcdefg"
"abc"
"def"
,"g"
q)2 0N#til 5
0 1
2 3 4
q)3 0N#til 10
0 1 2
3 4 5
6 7 8 9
q)2 2 2#til 8
0 1 2 3
4 5 6 7
q)2 2 2#til 3
0 1 2 0
1 2 0 1
q)enlist[3]#7
7 7 7
q)-1 2#til 4
'domain
q)1 0 2#til 4
'domain
q)2#`a`b`c!1 2 3
a| 1
b| 2
q)-2#`a`b`c!1 2 3
b| 2
c| 3
q)`a`c#`a`b`c!1 2 3
a| 1
c| 3
q)`z`a#`a`b!1 2
z| 
a| 1
q)1 3#1 2 3!`a`b`c
1| a
3| c
q)2#([]a:1 2 3;b:`x`y`z)
a b
---
1 x
2 y
q)-1#([]a:1 2 3;b:`x`y`z)
a b
---
3 z
q)5#([]a:1 2)
a
-
1
2
1
2
1
q)`b#([]a:1 2;b:3 4)
'type
q)`b`a#([]a:1 2;b:3 4)
b a
---
3 1
4 2
q)enlist[`a]#([]a:1 2;b:3 4)
a
-
1
2
q)`c`a#([]a:1 2;b:3 4)
'c
q)2#([k:`x`y`z]v:1 2 3)
k| v
-| -
x| 1
y| 2
q)([]k:`x`z)#([k:`x`y`z]v:1 2 3)
k| v
-| -
x| 1
z| 3
q)3#()
()
()
()
q)2#(1 2;"ab";`c)
1 2
a b
q)1.5#1 2 3
'type
q)2i#1 2 3
1 2
q)2h#"abc"
"ab"
