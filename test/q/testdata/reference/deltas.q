q)deltas 3 1 4 1 5
3 -2 3 -3 4
q)deltas 3 0N 1 0N 5
3 0N 0N 0N 0N
q)deltas 0N 0N
0N 0N
q)deltas 1.5 0n 2.5
1.5 0n 0n
q)deltas 0#0
`long$()
q)deltas 0#0f
`float$()
q)deltas()
q)deltas 1011b
1 -1 1 0i
q)deltas 0x010203
1 1 1i
q)deltas 1 2 3h
1 1 1i
q)deltas 1 0N 3i
1 0N 0Ni
q)deltas 1.5 2.5e
1.5 1e
q)deltas 12:00 13:30
12:00 01:30
q)deltas 2024.01.01 2024.01.05
8766 4i
q)deltas 0D01 0D02
0D01:00:00.000000000 0D01:00:00.000000000
q)deltas 2024.01.01D00 2024.01.01D06
8766D00:00:00.000000000 0D06:00:00.000000000
q)deltas 7
7
q)deltas 1b
1b
q)deltas(1 2;3 4)
1 2
2 2
q)deltas(1 2;0N 4)
1 2
  2
q)deltas(1;2.5)
1 1.5
q)deltas`a`b`c!1 2 3
a| 1
b| 1
c| 1
q)deltas`a`b!(1 2;3 4)
a| 1 2
b| 2 2
q)deltas([]a:1 2 3;b:4 5 6)
a b
---
1 4
1 1
1 1
q)deltas([k:`x`y]a:1 2)
k| a
-| -
x| 1
y| 1
q)deltas`a`b
'type
q)deltas"hello"
'type
q)deltas 0w 1 -0w
0w -0w -0w
q)deltas 0W 1
0W -9223372036854775806
q)deltas 2024.01 2024.03m
288 2i
q)deltas 10:00:00 10:00:30
10:00:00 00:00:30
