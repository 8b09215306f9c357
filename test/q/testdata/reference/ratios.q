q)ratios 3 1 4 1 5
3 0.3333333 4 0.25 5
q)ratios 3 0N 1 0N 5
3 0n 0n 0n 0n
q)ratios 0N 0N
0n 0n
q)ratios 1.5 0n 2.5
1.5 0n 0n
q)ratios 0#0
`long$()
q)ratios 0#0f
`float$()
q)ratios()
q)ratios 1011b
1 0 0w 1
q)ratios 0x010203
1 2 1.5
q)ratios 1 2 3h
1 2 1.5
q)ratios 1 0N 3i
1 0n 0n
q)ratios 1.5 2.5e
1.5 1.666667
q)ratios 12:00 13:30
720 1.125
q)ratios 2024.01.01 2024.01.05
8766 1.000456
q)ratios 0D01 0D02
3.6e+12 2
q)ratios 2024.01.01D00 2024.01.01D06
7.573824e+17 1.000029
q)ratios 7
7
q)ratios 1b
1b
q)ratios(1 2;3 4)
1 2
3 2
q)ratios(1 2;0N 4)
1 2
  2
q)ratios(1;2.5)
1 2.5
q)ratios`a`b`c!1 2 3
a| 1
b| 2
c| 1.5
q)ratios`a`b!(1 2;3 4)
a| 1 2
b| 3 2
q)ratios([]a:1 2 3;b:4 5 6)
a   b   
--------
1   4   
2   1.25
1.5 1.2 
q)ratios([k:`x`y]a:1 2)
k| a
-| -
x| 1
y| 2
q)ratios`a`b
'type
q)ratios"hello"
104 0.9711538 1.069307 1 1.027778
q)ratios 0w 1 -0w
0w 0 -0w
q)ratios 0W 1
9.223372e+18 1.084202e-19
q)ratios 2024.01 2024.03m
288 1.006944
q)ratios 10:00:00 10:00:30
36000 1.000833
