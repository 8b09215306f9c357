q)fills 3 1 4 1 5
3 1 4 1 5
q)fills 3 0N 1 0N 5
3 3 1 1 5
q)fills 0N 0N
0N 0N
q)fills 1.5 0n 2.5
1.5 1.5 2.5
q)fills 0#0
`long$()
q)fills 0#0f
`float$()
q)fills()
q)fills 1011b
1011b
q)fills 0x010203
0x010203
q)fills 1 2 3h
1 2 3h
q)fills 1 0N 3i
1 1 3i
q)fills 1.5 2.5e
1.5 2.5e
q)fills 12:00 13:30
12:00 13:30
q)fills 2024.01.01 2024.01.05
2024.01.01 2024.01.05
q)fills 0D01 0D02
0D01:00:00.000000000 0D02:00:00.000000000
q)fills 2024.01.01D00 2024.01.01D06
2024.01.01D00:00:00.000000000 2024.01.01D06:00:00.000000000
q)fills 7
7
q)fills 1b
1b
q)fills(1 2;3 4)
1 2
3 4
q)fills(1 2;0N 4)
1 2
1 4
q)fills(1;2.5)
1
2.5
q)fills`a`b`c!1 2 3
a| 1
b| 2
c| 3
q)fills`a`b!(1 2;3 4)
a| 1 2
b| 3 4
q)fills([]a:1 2 3;b:4 5 6)
a b
---
1 4
2 5
3 6
q)fills([k:`x`y]a:1 2)
k| a
-| -
x| 1
y| 2
q)fills`a`b
`a`b
q)fills"hello"
"hello"
q)fills 0w 1 -0w
0w 1 -0w
q)fills 0W 1
0W 1
q)fills 2024.01 2024.03m
2024.01 2024.03m
q)fills 10:00:00 10:00:30
10:00:00 10:00:30
q)0^1 0N 3
1 0 3
q)1 2 3^0N 5 0N
1 5 3
q)0^0n 1.5
0 1.5
q)"x"^"a b"
"axb"
q)`z^`a``b
`a`z`b
q)0^1 2
1 2
q)(`a`b!1 2)^`a`b!0N 3
a| 1
b| 3
q)(`a`b`c!1 2 3)^`b`c!0N 30
a| 1
b| 2
c| 30
q)0^(1;0N 2)
1
0 2
q)0^([]a:1 0N)
a
-
1
0
q)0Nd^2024.01.01 0Nd
2024.01.01 0N
q)1i^0N 2
1 2
q)fills``a``b
``a`a`b
q)fills(0N;1;0N)
0N 1 1
q)1 2^1 2 3
'length
q)`a^1
'type
q)unset^:`a`b!1 0N
q)unset
a| 1
b| 
q)unset^:`a`b!0N 5
q)unset
a| 1
b| 5
q){none^:3;none}[]
3
