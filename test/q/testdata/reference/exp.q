q)exp 1b
2.718282
q)exp 0x05
148.4132
q)exp 7h
1096.633
q)exp 9i
8103.084
q)exp 12
162754.8
q)exp 2.5e
12.18249
q)exp 3.5
33.11545
q)exp "c"
9.88903e+42
q)exp `s
'type
q)exp 2024.02.29D12:34:56.789012345
0w
q)exp 2024.02m
3.244182e+125
q)exp 2024.02.29
0w
q)exp 2024.02.29T12:00:00.000
0wz
q)exp 0D01:30:00.000000000
0w
q)exp 01:30
1.220403e+39
q)exp 01:30:45
0w
q)exp 01:30:45.250
0w
q)exp 0Nh
0n
q)exp 0Ni
0n
q)exp 0N
0n
q)exp 0Ne
0n
q)exp 0n
0n
q)exp 0Np
0n
q)exp 0Nm
0n
q)exp 0Nd
0n
q)exp 0Nz
0Nz
q)exp 0Nn
0n
q)exp 0Nu
0n
q)exp 0Nv
0n
q)exp 0Nt
0n
q)exp -2 -1 0 1 2
0.1353353 0.3678794 1 2.718282 7.389056
q)exp -1.5 0 1.5 0n
0.2231302 1 4.481689 0n
q)exp 0w -0w
0w 0
q)exp 0W -0W
0w 0
q)exp(1;2 3)
2.718282
7.389056 20.08554
q)exp`a`b!1 2
a| 2.718282
b| 7.389056
q)exp([]a:1 2;b:3 4)
a        b       
-----------------
2.718282 20.08554
7.389056 54.59815
q)exp([k:1 2]a:1 2)
k| a       
-| --------
1| 2.718282
2| 7.389056
q)exp()
q)exp 0#0f
`float$()
q)exp 101b
2.718282 1 2.718282
q)exp 0x0001ff
1 2.718282 5.560232e+110
q)exp 1 2 3h
2.718282 7.389056 20.08554
q)exp[2]
7.389056
q)2 xexp 3
8f
q)2 xexp 0.5
1.414214
q)-2 xexp 3
0n
q)0 xexp 0
1f
q)2 xexp -1
0.5
q)2 3 xexp 2
4 9
q)2 xexp 1 2 3
2 4 8
q)0n xexp 2
0n
q)(`a`b!1 2)xexp 2
a| 1
b| 4
q)`a xexp 2
'type
