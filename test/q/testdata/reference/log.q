q)log 1b
0f
q)log 0x05
1.609438
q)log 7h
1.94591
q)log 9i
2.197225
q)log 12
2.484907
q)log 2.5e
0.9162907
q)log 3.5
1.252763
q)log "c"
4.59512
q)log `s
'type
q)log 2024.02.29D12:34:56.789012345
41.17541
q)log 2024.02m
5.666427
q)log 2024.02.29
9.085344
q)log 2024.02.29T12:00:00.000
2000.01.10T02:02:58.606
q)log 0D01:30:00.000000000
29.31742
q)log 01:30
4.49981
q)log 01:30:45
8.602453
q)log 01:30:45.250
15.51025
q)log 0Nh
0n
q)log 0Ni
0n
q)log 0N
0n
q)log 0Ne
0n
q)log 0n
0n
q)log 0Np
0n
q)log 0Nm
0n
q)log 0Nd
0n
q)log 0Nz
0Nz
q)log 0Nn
0n
q)log 0Nu
0n
q)log 0Nv
0n
q)log 0Nt
0n
q)log -2 -1 0 1 2
0n 0n -0w 0 0.6931472
q)log -1.5 0 1.5 0n
0n -0w 0.4054651 0n
q)log 0w -0w
0w 0n
q)log 0W -0W
43.66827 0n
q)log(1;2 3)
0f
0.6931472 1.098612
q)log`a`b!1 2
a| 0
b| 0.6931472
q)log([]a:1 2;b:3 4)
a         b       
------------------
0         1.098612
0.6931472 1.386294
q)log([k:1 2]a:1 2)
k| a        
-| ---------
1| 0        
2| 0.6931472
q)log()
q)log 0#0f
`float$()
q)log 101b
0 -0w 0
q)log 0x0001ff
-0w 0 5.541264
q)log 1 2 3h
0 0.6931472 1.098612
q)log[2]
0.6931472
q)2 xlog 8
3f
q)10 xlog 1000
3f
q)2 xlog 0
-0w
q)2 xlog -1
0n
q)2 3 xlog 8 27
3 3
q)2 xlog 1 2 4
0 1 2f
q)0n xlog 2
0n
q)`a xlog 2
'type
