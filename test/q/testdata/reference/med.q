q)med 3 1 4 1 5
3f
q)med 3 0N 1 0N 5
1f
q)med 0N 0N
0n
q)med 1.5 0n 2.5
1.5
q)med 0#0
0n
q)med 0#0f
0n
q)med()
0n
q)med 1011b
1f
q)med 0x010203
2f
q)med 1 2 3h
2f
q)med 1 0N 3i
1f
q)med 1.5 2.5e
2f
q)med 12:00 13:30
765f
q)med 2024.01.01 2024.01.05
8768f
q)med 0D01 0D02
5.4e+12
q)med 2024.01.01D00 2024.01.01D06
7.573932e+17
q)med 7
7f
q)med 1b
1f
q)med(1 2;3 4)
2 3f
q)med(1 2;0N 4)
1 3f
q)med(1;2.5)
1.75
q)med`a`b`c!1 2 3
2f
q)med`a`b!(1 2;3 4)
2 3f
q)med([]a:1 2 3;b:4 5 6)
a| 2
b| 5
q)med([k:`x`y]a:1 2)
a| 1.5
q)med`a`b
'type
q)med"hello"
108f
q)med 0w 1 -0w
1f
q)med 0W 1
4.611686e+18
q)med 2024.01 2024.03m
289f
q)med 10:00:00 10:00:30
36015f
