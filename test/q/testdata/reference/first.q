q)first 3 1 4 1 5
3
q)first 3 0N 1 0N 5
3
q)first 0N 0N
0N
q)first 1.5 0n 2.5
1.5
q)first 0#0
0N
q)first 0#0f
0n
q)first()
q)first 1011b
1b
q)first 0x010203
0x01
q)first 1 2 3h
1h
q)first 1 0N 3i
1i
q)first 1.5 2.5e
1.5e
q)first 12:00 13:30
12:00
q)first 2024.01.01 2024.01.05
2024.01.01
q)first 0D01 0D02
0D01:00:00.000000000
q)first 2024.01.01D00 2024.01.01D06
2024.01.01D00:00:00.000000000
q)first 7
7
q)first 1b
1b
q)first(1 2;3 4)
1 2
q)first(1 2;0N 4)
1 2
q)first(1;2.5)
1
q)first`a`b`c!1 2 3
1
q)first`a`b!(1 2;3 4)
1 2
q)first([]a:1 2 3;b:4 5 6)
a| 1
b| 4
q)first([k:`x`y]a:1 2)
a| 1
q)first`a`b
`a
q)first"hello"
"h"
q)first 0w 1 -0w
0w
q)first 0W 1
0W
q)first 2024.01 2024.03m
2024.01m
q)first 10:00:00 10:00:30
10:00:00
