q)attr 1 2 3
`
q)attr`s#1 2 3
`s
q)attr`u#1 2
`u
q)attr`p#1 1 2
`p
q)attr`g#1 2 1
`g
q)attr`#`s#1 2
`
q)`s#1 2 3
`s#1 2 3
q)`s#3 2 1
's-fail
q)`u#1 1
'u-fail
q)`p#1 2 1
'u-fail
q)`g#`a`b`a
`g#`a`b`a
q)`x#1 2
'type
q)attr 1_`s#1 2 3
`s
q)a:`s#1 2;a,:3;attr a
`s
q)a:`s#1 2;a,:0;attr a
`
q)a:`u#1 2;a,:3;attr a
`u
q)a:`u#1 2;a,:2;attr a
`
q)a:`g#1 2;a,:1;attr a
`g
q)a:`p#1 1 2;a,:2;attr a
`
q)a:`g#1 2 1;a?1 2 3
0 1 3
q)a:`u#10 20 30;a?30 40
2 3
q)(`u#`a`b`c)?`c
2
q)attr`s#`a`b!1 2
`s
q)(`s#0 10 20!`a`b`c)15
`b
q)(`s#0 10 20!`a`b`c)[-1 10 25]
``b`c
q)attr key`u#`a`b!1 2
`u
q)k:([1 2 4]y:7 8 9)
q)attr each(`s#k;k;key k)
`s``s
q)x:1 2 3
q)`s#x;x
`s#1 2 3
q)`#x
1 2 3
q)x
`s#1 2 3
q)`foo?`g#`a`b`a
`g#`foo$`g#`a`b`a
