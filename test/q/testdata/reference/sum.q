q)sum 3 1 4 1 5
14
q)sum 3 0N 1 0N 5
9
q)sum 0N 0N
0
q)sum 1.5 0n 2.5
4f
q)sum 0#0
0
q)sum 0#0f
0f
q)sum()
0
q)sum 1011b
3i
q)sum 0x010203
6i
q)sum 1 2 3h
6i
q)sum 1 0N 3i
4i
q)sum 1.5 2.5e
4e
q)sum 12:00 13:30
25:30
q)sum 2024.01.01 2024.01.05
2048.01.05
q)sum 0D01 0D02
0D03:00:00.000000000
q)sum 2024.01.01D00 2024.01.01D06
2048.01.01D06:00:00.000000000
q)sum 7
7
q)sum 1b
1i
q)sum(1 2;3 4)
4 6
q)sum(1 2;0N 4)
0N 6
q)sum(1;2.5)
3.5
q)sum`a`b`c!1 2 3
6
q)sum`a`b!(1 2;3 4)
4 6
q)sum([]a:1 2 3;b:4 5 6)
a| 6
b| 15
q)sum([k:`x`y]a:1 2)
a| 3
q)sum`a`b
'type
q)sum"hello"
'type
q)sum 0w 1 -0w
0n
q)sum 0W 1
0N
q)sum 2024.01 2024.03m
2048.03m
q)sum 10:00:00 10:00:30
20:00:30
q)sums 3 1 4 1 5
3 4 8 9 14
q)sums 3 0N 1 0N 5
3 3 4 4 9
q)sums 0N 0N
0 0
q)sums 1.5 0n 2.5
1.5 1.5 4
q)sums 0#0
`long$()
q)sums 0#0f
`float$()
q)sums()
q)sums 1011b
1 1 2 3i
q)sums 0x010203
1 3 6i
q)sums 1 2 3h
1 3 6i
q)sums 1 0N 3i
1 1 4i
q)sums 1.5 2.5e
1.5 4e
q)sums 12:00 13:30
12:00 25:30
q)sums 2024.01.01 2024.01.05
2024.01.01 2048.01.05
q)sums 0D01 0D02
0D01:00:00.000000000 0D03:00:00.000000000
q)sums 2024.01.01D00 2024.01.01D06
2024.01.01D00:00:00.000000000 2048.01.01D06:00:00.000000000
q)sums 7
7
q)sums 1b
1b
q)sums(1 2;3 4)
1 2
4 6
q)sums(1 2;0N 4)
1 2
  6
q)sums(1;2.5)
1
3.5
q)sums`a`b`c!1 2 3
a| 1
b| 3
c| 6
q)sums`a`b!(1 2;3 4)
a| 1 2
b| 4 6
q)sums([]a:1 2 3;b:4 5 6)
a b 
----
1 4 
3 9 
6 15
q)sums([k:`x`y]a:1 2)
k| a
-| -
x| 1
y| 3
q)sums`a`b
'type
q)sums"hello"
'type
q)sums 0w 1 -0w
0w 0w 0n
q)sums 0W 1
0W 0N
q)sums 2024.01 2024.03m
2024.01 2048.03m
q)sums 10:00:00 10:00:30
10:00:00 20:00:30
q)3 msum 1 2 3 4 5
1 3 6 9 12
q)2 msum 5 0N 3 0N 1
5 5 3 3 1
q)1 msum 3 1 2
3 1 2
q)10 msum 1 2 3
1 3 6
q)0 msum 1 2
0 0
q)3 msum 1.5 0n 2.5 -1
1.5 1.5 4 1.5
q)2 msum([]a:1 2 3;b:4 5 6)
a b 
----
1 4 
3 9 
5 11
q)2 msum`a`b!(1 2;3 4)
a| 1 2
b| 4 6
q)2 msum 0#0
`long$()
q)3 msum 1 0w 2 3 4
1 0w 0w 0w 9
q)2 msum 12:00 12:01 12:05
12:00 24:01 24:06
q)3 msum 3 3 3i
3 6 9i
q)-1 msum 1 2 3
0 0 0
q)1 2 3 wsum 4 5 9
41f
q)1 2 3f wsum 4 5 9
41f
q)1 0N 3 wsum 4 5 9
31f
q)2 wsum 1 2 3
12
q)1 2 3 wsum 2
12
q)1 2 wsum 1 2 3
'length
q)(1 2;3 4) wsum (5 6;7 9)
26 48
q)1010b wsum 1 2 3 4
4f
q)1 1 1 wsum 1 2 3
6f
q)`a wsum 1
'type
