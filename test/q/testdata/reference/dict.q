q)`a`b!1 2
a| 1
b| 2
q)`a`b!(1 2;3)
a| 1 2
b| 3
q)`a`b!1
'type
q)1 2!3 4
1| 3
2| 4
q)`a`b!1 2 3
'length
q)(`a`b!1 2)`a
1
q)(`a`b!1 2)`z
0N
q)(`a`b!1 2)`a`b
1 2
q)(`a`b!1 2)[`b]
2
q)d:`a`b!1 2;d[`c]:3;d
a| 1
b| 2
c| 3
q)key`a`b!1 2
`a`b
q)value`a`b!1 2
1 2
q)count`a`b!1 2
2
q)(`a`b!(1 2;3 4))[`a;1]
2
q)()!()
q)(0#`)!0#0
q)(1 2;3 4)!`x`y
1 2| x
3 4| y
q)((1 2;3 4)!`x`y)enlist 3 4
,`y
q)`a`b!`c`d!1 2
a| 1
b| 2
q)neg`a`b!1 2
a| -1
b| -2
q)(`a`b!1 2)=2
a| 0
b| 1
q)`a`a!1 2
a| 1
a| 2
q)(`a`a!1 2)`a
1
q)0!([k:1 2]v:3 4)
k v
---
1 3
2 4
q)1!([]k:1 2;v:3 4)
k| v
-| -
1| 3
2| 4
q)2!([]k:1 2;v:3 4)
'length
q)1!([]a:1 2;b:3 4;c:5 6)
a| b c
-| ---
1| 3 5
2| 4 6
q)0!([]a:1 2)
a
-
1
2
q)([k:`x`y]v:1 2)`x
v| 1
q)([k:`x`y]v:1 2)`z
v| 
q)([k:`x`y]v:1 2)([]k:`y`x)
v
-
2
1
q)([a:1 2;b:3 4]v:5 6)1 3
v| 5
q)key([k:`x`y]v:1 2)
k
-
x
y
q)value([k:`x`y]v:1 2)
v
-
1
2
