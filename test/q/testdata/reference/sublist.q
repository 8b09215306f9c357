q)2 sublist 1 2 3
1 2
q)-2 sublist 1 2 3
2 3
q)5 sublist 1 2 3
1 2 3
q)1 2 sublist 10 20 30 40
20 30
q)3 5 sublist 10 20 30 40
,40
q)2 sublist`a`b`c!1 2 3
a| 1
b| 2
q)-2 sublist([]a:1 2 3)
a
-
2
3
q)1 1 sublist([]a:1 2 3)
a
-
2
q)0 sublist 1 2
`long$()
q)2 sublist "abc"
"ab"
