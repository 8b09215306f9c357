q)"," sv("a";"bc")
"a,bc"
q)"" sv("a";"bc")
"abc"
q)", " sv("x";"y";"z")
"x, y, z"
q)` sv("a";"b")
"a\nb\n"
q)` sv`a`b`c
`a.b.c
q)` sv`:dir`file
`:dir/file
q)10 sv 1 2 3
123
q)2 sv 1010b
10
q)24 60 60 sv 1 1 1
3661
q)0b sv 00000101b
0x05
q)0b sv 0000000000000101b
5h
q)0x0 sv 0x0102
258h
q)0x0 sv 0x00000102
258i
q)0x0 sv 0x0000000000000102
258
q)256 sv 0x0102
258
q)10 sv(1 2;3 4)
13 24
q)"," sv enlist "a"
,"a"
q)0x0 sv 0x010203
'length
q)0b sv 101b
'length
