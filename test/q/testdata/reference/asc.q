q)asc 3 1 2
`s#1 2 3
q)asc 3 0N 1
`s#0N 1 3
q)asc 2.5 0n -1 0w
`s#0n -1 2.5 0w
q)asc`c`a`b
`s#`a`b`c
q)asc "hello"
`s#"ehllo"
q)asc 101b
`s#011b
q)asc`a`b`c!3 1 2
b| 1
c| 2
a| 3
q)asc([]a:3 1 2)
a
-
1
2
3
q)asc([]a:2 1 2;b:1 2 0)
a b
---
1 2
2 0
2 1
q)asc(2 1;1 2;0 9)
0 9
1 2
2 1
q)asc("bat";"ant")
"ant"
"bat"
q)asc 2024.03.01 2024.01.01
`s#2024.01.01 2024.03.01
q)asc 0x0301
`s#0x0103
q)asc 3 1 2h
`s#1 2 3h
q)attr asc 2 1
`s
q)desc 3 1 2
3 2 1
q)desc 3 0N 1
3 1 0N
q)desc`c`a`b
`c`b`a
q)desc`a`b`c!3 1 2
a| 3
c| 2
b| 1
q)desc([]a:3 1 2)
a
-
3
2
1
q)iasc 3 1 2
1 2 0
q)iasc`c`a`b
1 2 0
q)iasc`a`b`c!3 1 2
`b`c`a
q)idesc 3 1 2
0 2 1
q)idesc 1 1 2
2 0 1
q)iasc()
`long$()
q)iasc 1 1 1
0 1 2
q)rank 30 10 20
2 0 1
q)rank`b`a
1 0
q)rank 1 1 0
1 2 0
q)2 xrank 4 1 3 2
1 0 1 0
q)4 xrank til 8
0 0 1 1 2 2 3 3
q)3 xrank til 7
0 0 0 1 1 2 2
q)asc 1
'type
q)asc -1 1 -2.5 2.5 0
`s#-2.5 -1 0 1 2.5
/ what is in order already gets the attribute where it is
q)a:0 1
q)b:a
q)asc b
`s#0 1
q)a
`s#0 1
q)b,:5
q)b
`s#0 1 5
q)b[0]:9
q)b
9 1 5
q)a
`s#0 1
q){x[0]:3;x}a
3 1
q)l:("dog";"cat")
q)attr each(asc l;l;asc reverse l)
`s``s
q)attr reverse l
`
q)attr{x,enlist"ant"}asc l
`
q)u:`u#1 2
q)asc u
`s#1 2
q)u
`u#1 2
