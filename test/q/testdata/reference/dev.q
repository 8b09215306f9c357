q)dev 3 1 4 1 5
1.6
q)dev 3 0N 1 0N 5
1.632993
q)dev 0N 0N
0n
q)dev 1.5 0n 2.5
0.5
q)dev 0#0
0n
q)dev 0#0f
0n
q)dev()
0n
q)dev 1011b
0.4330127
q)dev 0x010203
0.8164966
q)dev 1 2 3h
0.8164966
q)dev 1 0N 3i
1f
q)dev 1.5 2.5e
0.5
q)dev 12:00 13:30
45f
q)dev 2024.01.01 2024.01.05
2f
q)dev 0D01 0D02
1.8e+12
q)dev 2024.01.01D00 2024.01.01D06
1.08e+13
q)dev 7
0f
q)dev 1b
0f
q)dev(1 2;3 4)
1 1f
q)dev(1 2;0N 4)
0 1f
q)dev(1;2.5)
0.75
q)dev`a`b`c!1 2 3
0.8164966
q)dev`a`b!(1 2;3 4)
1 1f
q)dev([]a:1 2 3;b:4 5 6)
a| 0.8164966
b| 0.8164966
q)dev([k:`x`y]a:1 2)
a| 0.5
q)dev`a`b
'type
q)dev"hello"
3.498571
q)dev 0w 1 -0w
0n
q)dev 0W 1
4.611686e+18
q)dev 2024.01 2024.03m
1f
q)dev 10:00:00 10:00:30
15f
q)sdev 3 1 4 1 5
1.788854
q)sdev 3 0N 1 0N 5
2f
q)sdev 0N 0N
0n
q)sdev 1.5 0n 2.5
0.7071068
q)sdev 0#0
0n
q)sdev 0#0f
0n
q)sdev()
0n
q)sdev 1011b
0.5
q)sdev 0x010203
1f
q)sdev 1 2 3h
1f
q)sdev 1 0N 3i
1.414214
q)sdev 1.5 2.5e
0.7071068
q)sdev 12:00 13:30
63.63961
q)sdev 2024.01.01 2024.01.05
2.828427
q)sdev 0D01 0D02
2.545584e+12
q)sdev 2024.01.01D00 2024.01.01D06
1.527351e+13
q)sdev 7
0n
q)sdev 1b
0n
q)sdev(1 2;3 4)
1.414214 1.414214
q)sdev(1 2;0N 4)
0n 1.414214
q)sdev(1;2.5)
1.06066
q)sdev`a`b`c!1 2 3
1f
q)sdev`a`b!(1 2;3 4)
1.414214 1.414214
q)sdev([]a:1 2 3;b:4 5 6)
a| 1
b| 1
q)sdev([k:`x`y]a:1 2)
a| 0.7071068
q)sdev`a`b
'type
q)sdev"hello"
3.911521
q)sdev 0w 1 -0w
0n
q)sdev 0W 1
6.521909e+18
q)sdev 2024.01 2024.03m
1.414214
q)sdev 10:00:00 10:00:30
21.2132
q)3 mdev 1 2 3 4 5
0 0.5 0.8164966 0.8164966 0.8164966
q)2 mdev 5 0N 3 0N 1
0 0 0 0 0f
q)1 mdev 3 1 2
0 0 0f
q)10 mdev 1 2 3
0 0.5 0.8164966
q)0 mdev 1 2
0n 0n
q)3 mdev 1.5 0n 2.5 -1
0 0 0.5 1.75
q)2 mdev([]a:1 2 3;b:4 5 6)
a   b  
-------
0   0  
0.5 0.5
0.5 0.5
q)2 mdev`a`b!(1 2;3 4)
a| 0 0
b| 1 1
q)2 mdev 0#0
`float$()
q)3 mdev 1 0w 2 3 4
0 0n 0n 0n 0.8164966
q)2 mdev 12:00 12:01 12:05
0 0.5 2
q)3 mdev 3 3 3i
0 0 0f
q)2 mdev 1 1 1
0 0 0f
