q)min 3 1 4 1 5
1
q)min 3 0N 1 0N 5
1
q)min 0N 0N
0W
q)min 1.5 0n 2.5
1.5
q)min 0#0
0W
q)min 0#0f
0w
q)min()
0w
q)min 1011b
0b
q)min 0x010203
0x01
q)min 1 2 3h
1h
q)min 1 0N 3i
1i
q)min 1.5 2.5e
1.5e
q)min 12:00 13:30
12:00
q)min 2024.01.01 2024.01.05
2024.01.01
q)min 0D01 0D02
0D01:00:00.000000000
q)min 2024.01.01D00 2024.01.01D06
2024.01.01D00:00:00.000000000
q)min 7
7
q)min 1b
1b
q)min(1 2;3 4)
1 2
q)min(1 2;0N 4)
0N 2
q)min(1;2.5)
1f
q)min`a`b`c!1 2 3
1
q)min`a`b!(1 2;3 4)
1 2
q)min([]a:1 2 3;b:4 5 6)
a| 1
b| 4
q)min([k:`x`y]a:1 2)
a| 1
q)min`a`b
'type
q)min"hello"
"e"
q)min 0w 1 -0w
-0w
q)min 0W 1
1
q)min 2024.01 2024.03m
2024.01m
q)min 10:00:00 10:00:30
10:00:00
q)mins 3 1 4 1 5
3 1 1 1 1
q)mins 3 0N 1 0N 5
3 3 1 1 1
q)mins 0N 0N
0W 0W
q)mins 1.5 0n 2.5
1.5 1.5 1.5
q)mins 0#0
`long$()
q)mins 0#0f
`float$()
q)mins()
q)mins 1011b
1000b
q)mins 0x010203
0x010101
q)mins 1 2 3h
1 1 1h
q)mins 1 0N 3i
1 1 1i
q)mins 1.5 2.5e
1.5 1.5e
q)mins 12:00 13:30
12:00 12:00
q)mins 2024.01.01 2024.01.05
2024.01.01 2024.01.01
q)mins 0D01 0D02
0D01:00:00.000000000 0D01:00:00.000000000
q)mins 2024.01.01D00 2024.01.01D06
2024.01.01D00:00:00.000000000 2024.01.01D00:00:00.000000000
q)mins 7
7
q)mins 1b
1b
q)mins(1 2;3 4)
1 2
1 2
q)mins(1 2;0N 4)
1 2
  2
q)mins(1;2.5)
1
1f
q)mins`a`b`c!1 2 3
a| 1
b| 1
c| 1
q)mins`a`b!(1 2;3 4)
a| 1 2
b| 1 2
q)mins([]a:1 2 3;b:4 5 6)
a b
---
1 4
1 4
1 4
q)mins([k:`x`y]a:1 2)
k| a
-| -
x| 1
y| 1
q)mins`a`b
'type
q)mins"hello"
"heeee"
q)mins 0w 1 -0w
0w 1 -0w
q)mins 0W 1
0W 1
q)mins 2024.01 2024.03m
2024.01 2024.01m
q)mins 10:00:00 10:00:30
10:00:00 10:00:00
q)3 mmin 1 2 3 4 5
1 1 1 2 3
q)2 mmin 5 0N 3 0N 1
5 0N 0N 0N 0N
q)1 mmin 3 1 2
3 1 2
q)10 mmin 1 2 3
1 1 1
q)0 mmin 1 2
1 2
q)3 mmin 1.5 0n 2.5 -1
1.5 0n 0n 0n
q)2 mmin([]a:1 2 3;b:4 5 6)
a b
---
1 4
1 4
2 5
q)2 mmin`a`b!(1 2;3 4)
a| 1 2
b| 1 2
q)2 mmin 0#0
`long$()
q)3 mmin 1 0w 2 3 4
1 1 1 2 2f
q)2 mmin 12:00 12:01 12:05
12:00 12:00 12:01
q)3 mmin 3 3 3i
3 3 3i
q)-1 mmin 1 2 3
1 2 3
