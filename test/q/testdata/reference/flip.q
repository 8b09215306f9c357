q)flip(1 2 3;4 5 6)
1 4
2 5
3 6
q)flip("abc";1 2 3)
"a" 1
"b" 2
"c" 3
q)flip(1 2;3)
1 3
2 3
q)flip(1 2;3 4 5)
'length
q)flip`a`b!(1 2;3 4)
a b
---
1 3
2 4
q)flip`a`b!(1 2;3)
a b
---
1 3
2 3
q)flip`a`b!1 2
'rank
q)flip([]a:1 2;b:3 4)
a| 1 2
b| 3 4
q)flip 1 2
'rank
q)flip enlist 1 2 3
1
2
3
q)flip(1;2)
'rank
