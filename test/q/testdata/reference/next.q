q)next 3 1 4 1 5
1 4 1 5 0N
q)next 3 0N 1 0N 5
0N 1 0N 5 0N
q)next 0N 0N
0N 0N
q)next 1.5 0n 2.5
0n 2.5 0n
q)next 0#0
`long$()
q)next 0#0f
`float$()
q)next()
q)next 1011b
0110b
q)next 0x010203
0x020300
q)next 1 2 3h
2 3 0Nh
q)next 1 0N 3i
0N 3 0Ni
q)next 1.5 2.5e
2.5 0Ne
q)next 12:00 13:30
13:30 0N
q)next 2024.01.01 2024.01.05
2024.01.05 0N
q)next 0D01 0D02
0D02:00:00.000000000 0N
q)next 2024.01.01D00 2024.01.01D06
2024.01.01D06:00:00.000000000 0N
q)next(1 2;3 4)
3 4
`long$()
q)next(1 2;0N 4)
0N 4
`long$()
q)next(1;2.5)
2.5
0N
q)next`a`b`c!1 2 3
a| 2
b| 3
c| 
q)next`a`b!(1 2;3 4)
a| 3 4
b| `long$()
q)next([]a:1 2 3;b:4 5 6)
a b
---
2 5
3 6
   
q)next([k:`x`y]a:1 2)
k| a
-| -
x| 2
y|  
q)next`a`b
`b`
q)next"hello"
"ello "
q)next 0w 1 -0w
1 -0w 0n
q)next 0W 1
1 0N
q)next 2024.01 2024.03m
2024.03 0Nm
q)next 10:00:00 10:00:30
10:00:30 0N
q)prev 3 1 4 1 5
0N 3 1 4 1
q)prev 3 0N 1 0N 5
0N 3 0N 1 0N
q)prev 0N 0N
0N 0N
q)prev 1.5 0n 2.5
0n 1.5 0n
q)prev 0#0
`long$()
q)prev 0#0f
`float$()
q)prev()
q)prev 1011b
0101b
q)prev 0x010203
0x000102
q)prev 1 2 3h
0N 1 2h
q)prev 1 0N 3i
0N 1 0Ni
q)prev 1.5 2.5e
0N 1.5e
q)prev 12:00 13:30
0N 12:00
q)prev 2024.01.01 2024.01.05
0N 2024.01.01
q)prev 0D01 0D02
0N 0D01:00:00.000000000
q)prev 2024.01.01D00 2024.01.01D06
0N 2024.01.01D00:00:00.000000000
q)prev(1 2;3 4)
`long$()
1 2
q)prev(1 2;0N 4)
`long$()
1 2
q)prev(1;2.5)
0N 1
q)prev`a`b`c!1 2 3
a| 
b| 1
c| 2
q)prev`a`b!(1 2;3 4)
a| `long$()
b| 1 2
q)prev([]a:1 2 3;b:4 5 6)
a b
---
   
1 4
2 5
q)prev([k:`x`y]a:1 2)
k| a
-| -
x|  
y| 1
q)prev`a`b
``a
q)prev"hello"
" hell"
q)prev 0w 1 -0w
0n 0w 1
q)prev 0W 1
0N 0W
q)prev 2024.01 2024.03m
0N 2024.01m
q)prev 10:00:00 10:00:30
0N 10:00:00
q)2 xprev 1 2 3 4
0N 0N 1 2
q)-1 xprev 1 2 3
2 3 0N
q)0 xprev 1 2
1 2
q)5 xprev 1 2
0N 0N
q)1 xprev "abc"
" ab"
q)1 xprev`a`b
``a
q)1 xprev(1 2;3 4)
`long$()
1 2
q)next([]a:1 2)
a
-
2
 
q)prev`a`b!1 2
a| 
b| 1
