q)last 3 1 4 1 5
5
q)last 3 0N 1 0N 5
5
q)last 0N 0N
0N
q)last 1.5 0n 2.5
2.5
q)last 0#0
0N
q)last 0#0f
0n
q)last()
q)last 1011b
1b
q)last 0x010203
0x03
q)last 1 2 3h
3h
q)last 1 0N 3i
3i
q)last 1.5 2.5e
2.5e
q)last 12:00 13:30
13:30
q)last 2024.01.01 2024.01.05
2024.01.05
q)last 0D01 0D02
0D02:00:00.000000000
q)last 2024.01.01D00 2024.01.01D06
2024.01.01D06:00:00.000000000
q)last 7
7
q)last 1b
1b
q)last(1 2;3 4)
3 4
q)last(1 2;0N 4)
0N 4
q)last(1;2.5)
2.5
q)last`a`b`c!1 2 3
3
q)last`a`b!(1 2;3 4)
3 4
q)last([]a:1 2 3;b:4 5 6)
a| 3
b| 6
q)last([k:`x`y]a:1 2)
a| 2
q)last`a`b
`b
q)last"hello"
"o"
q)last 0w 1 -0w
-0w
q)last 0W 1
1
q)last 2024.01 2024.03m
2024.03m
q)last 10:00:00 10:00:30
10:00:30
