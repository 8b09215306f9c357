q)var 3 1 4 1 5
2.56
q)var 3 0N 1 0N 5
2.666667
q)var 0N 0N
0n
q)var 1.5 0n 2.5
0.25
q)var 0#0
0n
q)var 0#0f
0n
q)var()
0n
q)var 1011b
0.1875
q)var 0x010203
0.6666667
q)var 1 2 3h
0.6666667
q)var 1 0N 3i
1f
q)var 1.5 2.5e
0.25
q)var 12:00 13:30
2025f
q)var 2024.01.01 2024.01.05
4f
q)var 0D01 0D02
3.24e+24
q)var 2024.01.01D00 2024.01.01D06
1.1664e+26
q)var 7
0f
q)var 1b
0f
q)var(1 2;3 4)
1 1f
q)var(1 2;0N 4)
0 1f
q)var(1;2.5)
0.5625
q)var`a`b`c!1 2 3
0.6666667
q)var`a`b!(1 2;3 4)
1 1f
q)var([]a:1 2 3;b:4 5 6)
a| 0.6666667
b| 0.6666667
q)var([k:`x`y]a:1 2)
a| 0.25
q)var`a`b
'type
q)var"hello"
12.24
q)var 0w 1 -0w
0n
q)var 0W 1
2.126765e+37
q)var 2024.01 2024.03m
1f
q)var 10:00:00 10:00:30
225f
q)svar 3 1 4 1 5
3.2
q)svar 3 0N 1 0N 5
4f
q)svar 0N 0N
0n
q)svar 1.5 0n 2.5
0.5
q)svar 0#0
0n
q)svar 0#0f
0n
q)svar()
0n
q)svar 1011b
0.25
q)svar 0x010203
1f
q)svar 1 2 3h
1f
q)svar 1 0N 3i
2f
q)svar 1.5 2.5e
0.5
q)svar 12:00 13:30
4050f
q)svar 2024.01.01 2024.01.05
8f
q)svar 0D01 0D02
6.48e+24
q)svar 2024.01.01D00 2024.01.01D06
2.3328e+26
q)svar 7
0n
q)svar 1b
0n
q)svar(1 2;3 4)
2 2f
q)svar(1 2;0N 4)
0n 2
q)svar(1;2.5)
1.125
q)svar`a`b`c!1 2 3
1f
q)svar`a`b!(1 2;3 4)
2 2f
q)svar([]a:1 2 3;b:4 5 6)
a| 1
b| 1
q)svar([k:`x`y]a:1 2)
a| 0.5
q)svar`a`b
'type
q)svar"hello"
15.3
q)svar 0w 1 -0w
0n
q)svar 0W 1
4.25353e+37
q)svar 2024.01 2024.03m
2f
q)svar 10:00:00 10:00:30
450f
