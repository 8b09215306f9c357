q)avg 3 1 4 1 5
2.8
q)avg 3 0N 1 0N 5
3f
q)avg 0N 0N
0n
q)avg 1.5 0n 2.5
2f
q)avg 0#0
0n
q)avg 0#0f
0n
q)avg()
0n
q)avg 1011b
0.75
q)avg 0x010203
2f
q)avg 1 2 3h
2f
q)avg 1 0N 3i
2f
q)avg 1.5 2.5e
2f
q)avg 12:00 13:30
765f
q)avg 2024.01.01 2024.01.05
8768f
q)avg 0D01 0D02
5.4e+12
q)avg 2024.01.01D00 2024.01.01D06
7.573932e+17
q)avg 7
7f
q)avg 1b
1f
q)avg(1 2;3 4)
2 3f
q)avg(1 2;0N 4)
0n 3
q)avg(1;2.5)
1.75
q)avg`a`b`c!1 2 3
2f
q)avg`a`b!(1 2;3 4)
2 3f
q)avg([]a:1 2 3;b:4 5 6)
a| 2
b| 5
q)avg([k:`x`y]a:1 2)
a| 1.5
q)avg`a`b
'type
q)avg"hello"
106.4
q)avg 0w 1 -0w
0n
q)avg 0W 1
4.611686e+18
q)avg 2024.01 2024.03m
289f
q)avg 10:00:00 10:00:30
36015f
q)avgs 3 1 4 1 5
3 2 2.666667 2.25 2.8
q)avgs 3 0N 1 0N 5
3 3 2 2 3f
q)avgs 0N 0N
0n 0n
q)avgs 1.5 0n 2.5
1.5 1.5 2
q)avgs 0#0
`float$()
q)avgs 0#0f
`float$()
q)avgs()
q)avgs 1011b
1 0.5 0.6666667 0.75
q)avgs 0x010203
1 1.5 2
q)avgs 1 2 3h
1 1.5 2
q)avgs 1 0N 3i
1 1 2f
q)avgs 1.5 2.5e
1.5 2
q)avgs 12:00 13:30
720 765f
q)avgs 2024.01.01 2024.01.05
8766 8768f
q)avgs 0D01 0D02
3.6e+12 5.4e+12
q)avgs 2024.01.01D00 2024.01.01D06
7.573824e+17 7.573932e+17
q)avgs(1 2;3 4)
1 2
2 3
q)avgs(1 2;0N 4)
1 2
1 3
q)avgs(1;2.5)
1 1.75
q)avgs`a`b`c!1 2 3
a| 1
b| 1.5
c| 2
q)avgs`a`b!(1 2;3 4)
a| 1 2
b| 2 3
q)avgs([]a:1 2 3;b:4 5 6)
a   b  
-------
1   4  
1.5 4.5
2   5  
q)avgs([k:`x`y]a:1 2)
k| a  
-| ---
x| 1  
y| 1.5
q)avgs`a`b
'type
q)avgs"hello"
'type
q)avgs 0w 1 -0w
0w 0w 0n
q)avgs 0W 1
9.223372e+18 4.611686e+18
q)avgs 2024.01 2024.03m
288 289f
q)avgs 10:00:00 10:00:30
36000 36015f
q)3 mavg 1 2 3 4 5
1 1.5 2 3 4
q)2 mavg 5 0N 3 0N 1
5 5 3 3 1f
q)1 mavg 3 1 2
3 1 2f
q)10 mavg 1 2 3
1 1.5 2
q)0 mavg 1 2
0n 0n
q)3 mavg 1.5 0n 2.5 -1
1.5 1.5 2 0.75
q)2 mavg([]a:1 2 3;b:4 5 6)
a   b  
-------
1   4  
1.5 4.5
2.5 5.5
q)2 mavg`a`b!(1 2;3 4)
a| 1 2
b| 2 3
q)2 mavg 0#0
`float$()
q)3 mavg 1 0w 2 3 4
1 0w 0w 0w 3
q)2 mavg 12:00 12:01 12:05
720 720.5 723
q)3 mavg 3 3 3i
3 3 3f
q)-1 mavg 1 2 3
0n 0n 0n
q)1 2 3 wavg 4 5 9
6.833333
q)1 2 3f wavg 4 5 9
6.833333
q)1 0N 3 wavg 4 5 9
7.75
q)2 wavg 1 2 3
2f
q)1 2 3 wavg 2
2f
q)1 2 wavg 1 2 3
'length
q)(1 2;3 4) wavg (5 6;7 9)
6.5 8
q)1010b wavg 1 2 3 4
2f
q)1 1 1 wavg 1 2 3
2f
q)`a wavg 1
'type
