q)deltas[10;1 1 3 5]
-9 0 2 2
q)ratios[2;4 8]
2 2f
q)differ[1;1 1 2]
001b
q)deltas[1;2;3]
'rank
q)iasc 7
'rank
q)idesc`a
'rank
q)a:1;b::a+1;get`. `b
::
(+;`a;1)
,`a
"a+1"
q)b;first get`. `b
2
q)\d .foo
q)a:5 6;key`..a
`..a
q)get`..a
1
q)\d .
q)cols([]s:`$();`long$n:())
`s`n
q)exec n from select `int$n:a from([]a:1 2)
1 2i
q)\P  / the digits shown
7i
q)type 1""
-7h

/ The keyword of many arguments is another value than k's comma.
q)enlist
enlist
q)(,:)~enlist
0b
q)parse"(a;2)"
enlist
`a
2
q)enlist[1;`a]
1
`a
q)(,:)3
,3
q)-8!enlist
0x010000000a0000006529

/ The names in .q are the values behind the words.
q).q.flip~flip
1b
q).q?(+:)
`flip
q)where(~:)~/:.q
,`not
