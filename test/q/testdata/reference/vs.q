q)"," vs "a,b,c"
,"a"
,"b"
,"c"
q)"," vs "abc"
"abc"
q)"," vs ""
""
q)"," vs ",a,"
""
,"a"
""
q)", " vs "a, b, c"
,"a"
,"b"
,"c"
q)` vs "a\nb\nc"
,"a"
,"b"
,"c"
q)` vs "a\nb\n"
,"a"
,"b"
q)` vs`a.b.c
`a`b`c
q)` vs`:/x/y/z
`:/x/y`z
q)` vs`abc
,`abc
q)10 vs 1234
1 2 3 4
q)2 vs 10
1 0 1 0
q)16 vs 255
15 15
q)24 60 60 vs 3661
1 1 1
q)0b vs 5h
0000000000000101b
q)0b vs 0x05
00000101b
q)0x0 vs 258
0x0000000000000102
q)0x0 vs 258i
0x00000102
q)0x0 vs 1h
0x0001
q)10 vs 12 345
0 3
1 4
2 5
q)0x00 vs 0x010002
,0x01
,0x02
q)"," vs("a,b";"c")
(,"a";,"b")
,,"c"
q)1 vs 2
'domain
