q)distinct 1 2 1 3
1 2 3
q)distinct "mississippi"
"misp"
q)distinct`a`b`a
`a`b
q)distinct(1 2;3 4;1 2)
1 2
3 4
q)distinct([]a:1 1 2;b:3 3 4)
a b
---
1 3
2 4
q)distinct()
q)distinct 1 0n 0n
1 0n
q)distinct 0 -0.0
,0f
q)distinct 1
'type
q)distinct 1.1 1.1
,1.1
q)distinct 2024.01.01 2024.01.01
,2024.01.01
q)distinct(1;`a;1;"c")
1
`a
"c"
q)group 1 2 1
1| 0 2
2| ,1
q)group "abca"
a| 0 3
b| ,1
c| ,2
q)group`x`y`x
x| 0 2
y| ,1
q)group()
q)group`a`b`c!1 2 1
1| `a`c
2| ,`b
q)group(1 2;3;1 2)
1 2| 0 2
3  | ,1
q)count each group 1 1 2
1| 2
2| 1
q)1 2 3 union 3 4
1 2 3 4
q)1 1 union 2
1 2
q)`a`b union`b`c
`a`b`c
q)1 2 3 inter 2 3 4
2 3
q)1 2 2 inter 2
2 2
q)`a`b inter`b
,`b
q)1 2 3 except 2
1 3
q)1 2 1 except 2 3
1 1
q)"hello" except "l"
"heo"
q)([]a:1 2 3)except([]a:enlist 2)
a
-
1
3
q)([]a:1 2 3)inter([]a:3 1)
a
-
1
3
q)(1 2;3 4)except enlist 1 2
3 4
