q)sin 1b
0.841471
q)sin 0x05
-0.9589243
q)sin 7h
0.6569866
q)sin 9i
0.4121185
q)sin 12
-0.5365729
q)sin 2.5e
0.5984721
q)sin 3.5
-0.3507832
q)sin "c"
-0.9992068
q)sin `s
'type
q)sin 2024.02.29D12:34:56.789012345
0.5334372
q)sin 2024.02m
-0.02652102
q)sin 2024.02.29
-0.263102
q)sin 2024.02.29T12:00:00.000
1999.12.31T07:21:27.808
q)sin 0D01:30:00.000000000
0.9954508
q)sin 01:30
0.8939967
q)sin 01:30:45
-0.5809793
q)sin 01:30:45.250
0.2857952
q)sin 0Nh
0n
q)sin 0Ni
0n
q)sin 0N
0n
q)sin 0Ne
0n
q)sin 0n
0n
q)sin 0Np
0n
q)sin 0Nm
0n
q)sin 0Nd
0n
q)sin 0Nz
0Nz
q)sin 0Nn
0n
q)sin 0Nu
0n
q)sin 0Nv
0n
q)sin 0Nt
0n
q)sin -2 -1 0 1 2
-0.9092974 -0.841471 0 0.841471 0.9092974
q)sin -1.5 0 1.5 0n
-0.997495 0 0.997495 0n
q)sin 0w -0w
0n 0n
q)sin 0W -0W
0.9999304 -0.9999304
q)sin(1;2 3)
0.841471
0.9092974 0.14112
q)sin`a`b!1 2
a| 0.841471
b| 0.9092974
q)sin([]a:1 2;b:3 4)
a         b         
--------------------
0.841471  0.14112   
0.9092974 -0.7568025
q)sin([k:1 2]a:1 2)
k| a        
-| ---------
1| 0.841471 
2| 0.9092974
q)sin()
q)sin 0#0f
`float$()
q)sin 101b
0.841471 0 0.841471
q)sin 0x0001ff
0 0.841471 -0.5063916
q)sin 1 2 3h
0.841471 0.9092974 0.14112
q)sin[2]
0.9092974
q)asin 1b
1.570796
q)asin 0x05
0n
q)asin 7h
0n
q)asin 9i
0n
q)asin 12
0n
q)asin 2.5e
0n
q)asin 3.5
0n
q)asin "c"
0n
q)asin `s
'type
q)asin 2024.02.29D12:34:56.789012345
0n
q)asin 2024.02m
0n
q)asin 2024.02.29
0n
q)asin 2024.02.29T12:00:00.000
0Nz
q)asin 0D01:30:00.000000000
0n
q)asin 01:30
0n
q)asin 01:30:45
0n
q)asin 01:30:45.250
0n
q)asin 0Nh
0n
q)asin 0Ni
0n
q)asin 0N
0n
q)asin 0Ne
0n
q)asin 0n
0n
q)asin 0Np
0n
q)asin 0Nm
0n
q)asin 0Nd
0n
q)asin 0Nz
0Nz
q)asin 0Nn
0n
q)asin 0Nu
0n
q)asin 0Nv
0n
q)asin 0Nt
0n
q)asin -2 -1 0 1 2
0n -1.570796 0 1.570796 0n
q)asin -1.5 0 1.5 0n
0n 0 0n 0n
q)asin 0w -0w
0n 0n
q)asin 0W -0W
0n 0n
q)asin(1;2 3)
1.570796
0n 0n
q)asin`a`b!1 2
a| 1.570796
b| 
q)asin([]a:1 2;b:3 4)
a        b
----------
1.570796  
          
q)asin([k:1 2]a:1 2)
k| a       
-| --------
1| 1.570796
2|         
q)asin()
q)asin 0#0f
`float$()
q)asin 101b
1.570796 0 1.570796
q)asin 0x0001ff
0 1.570796 0n
q)asin 1 2 3h
1.570796 0n 0n
q)asin[2]
0n
