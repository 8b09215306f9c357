q)reverse 1 2 3
3 2 1
q)reverse "abc"
"cba"
q)reverse`a`b!1 2
b| 2
a| 1
q)reverse([]a:1 2 3)
a
-
3
2
1
q)reverse 5
5
q)reverse()
q)reverse(1 2;3 4)
3 4
1 2
q)2 rotate 1 2 3 4 5
3 4 5 1 2
q)-1 rotate 1 2 3 4 5
5 1 2 3 4
q)7 rotate 1 2 3
2 3 1
q)0 rotate "abc"
"abc"
q)1 rotate([]a:1 2 3)
a
-
2
3
1
q)2 rotate 0#0
`long$()
q)1 rotate 5
'type
