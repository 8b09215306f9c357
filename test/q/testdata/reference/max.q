q)max 3 1 4 1 5
5
q)max 3 0N 1 0N 5
5
q)max 0N 0N
-0W
q)max 1.5 0n 2.5
2.5
q)max 0#0
-0W
q)max 0#0f
-0w
q)max()
-0w
q)max 1011b
1b
q)max 0x010203
0x03
q)max 1 2 3h
3h
q)max 1 0N 3i
3i
q)max 1.5 2.5e
2.5e
q)max 12:00 13:30
13:30
q)max 2024.01.01 2024.01.05
2024.01.05
q)max 0D01 0D02
0D02:00:00.000000000
q)max 2024.01.01D00 2024.01.01D06
2024.01.01D06:00:00.000000000
q)max 7
7
q)max 1b
1b
q)max(1 2;3 4)
3 4
q)max(1 2;0N 4)
1 4
q)max(1;2.5)
2.5
q)max`a`b`c!1 2 3
3
q)max`a`b!(1 2;3 4)
3 4
q)max([]a:1 2 3;b:4 5 6)
a| 3
b| 6
q)max([k:`x`y]a:1 2)
a| 2
q)max`a`b
'type
q)max"hello"
"o"
q)max 0w 1 -0w
0w
q)max 0W 1
0W
q)max 2024.01 2024.03m
2024.03m
q)max 10:00:00 10:00:30
10:00:30
q)maxs 3 1 4 1 5
3 3 4 4 5
q)maxs 3 0N 1 0N 5
3 3 3 3 5
q)maxs 0N 0N
-0W -0W
q)maxs 1.5 0n 2.5
1.5 1.5 2.5
q)maxs 0#0
`long$()
q)maxs 0#0f
`float$()
q)maxs()
q)maxs 1011b
1111b
q)maxs 0x010203
0x010203
q)maxs 1 2 3h
1 2 3h
q)maxs 1 0N 3i
1 1 3i
q)maxs 1.5 2.5e
1.5 2.5e
q)maxs 12:00 13:30
12:00 13:30
q)maxs 2024.01.01 2024.01.05
2024.01.01 2024.01.05
q)maxs 0D01 0D02
0D01:00:00.000000000 0D02:00:00.000000000
q)maxs 2024.01.01D00 2024.01.01D06
2024.01.01D00:00:00.000000000 2024.01.01D06:00:00.000000000
q)maxs 7
7
q)maxs 1b
1b
q)maxs(1 2;3 4)
1 2
3 4
q)maxs(1 2;0N 4)
1 2
1 4
q)maxs(1;2.5)
1
2.5
q)maxs`a`b`c!1 2 3
a| 1
b| 2
c| 3
q)maxs`a`b!(1 2;3 4)
a| 1 2
b| 3 4
q)maxs([]a:1 2 3;b:4 5 6)
a b
---
1 4
2 5
3 6
q)maxs([k:`x`y]a:1 2)
k| a
-| -
x| 1
y| 2
q)maxs`a`b
'type
q)maxs"hello"
"hhllo"
q)maxs 0w 1 -0w
0w 0w 0w
q)maxs 0W 1
0W 0W
q)maxs 2024.01 2024.03m
2024.01 2024.03m
q)maxs 10:00:00 10:00:30
10:00:00 10:00:30
q)3 mmax 1 2 3 4 5
1 2 3 4 5
q)2 mmax 5 0N 3 0N 1
5 5 3 3 1
q)1 mmax 3 1 2
3 1 2
q)10 mmax 1 2 3
1 2 3
q)0 mmax 1 2
1 2
q)3 mmax 1.5 0n 2.5 -1
1.5 1.5 2.5 2.5
q)2 mmax([]a:1 2 3;b:4 5 6)
a b
---
1 4
2 5
3 6
q)2 mmax`a`b!(1 2;3 4)
a| 1 2
b| 3 4
q)2 mmax 0#0
`long$()
q)3 mmax 1 0w 2 3 4
1 0w 0w 0w 4
q)2 mmax 12:00 12:01 12:05
12:00 12:01 12:05
q)3 mmax 3 3 3i
3 3 3i
q)-1 mmax 1 2 3
1 2 3
