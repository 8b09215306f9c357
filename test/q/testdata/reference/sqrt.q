q)sqrt 1b
1f
q)sqrt 0x05
2.236068
q)sqrt 7h
2.645751
q)sqrt 9i
3f
q)sqrt 12
3.464102
q)sqrt 2.5e
1.581139
q)sqrt 3.5
1.870829
q)sqrt "c"
9.949874
q)sqrt `s
'type
q)sqrt 2024.02.29D12:34:56.789012345
8.732269e+08
q)sqrt 2024.02m
17f
q)sqrt 2024.02.29
93.94147
q)sqrt 2024.02.29T12:00:00.000
2000.04.03T22:39:33.034
q)sqrt 0D01:30:00.000000000
2323790f
q)sqrt 01:30
9.486833
q)sqrt 01:30:45
73.79024
q)sqrt 01:30:45.250
2333.506
q)sqrt 0Nh
0n
q)sqrt 0Ni
0n
q)sqrt 0N
0n
q)sqrt 0Ne
0n
q)sqrt 0n
0n
q)sqrt 0Np
0n
q)sqrt 0Nm
0n
q)sqrt 0Nd
0n
q)sqrt 0Nz
0Nz
q)sqrt 0Nn
0n
q)sqrt 0Nu
0n
q)sqrt 0Nv
0n
q)sqrt 0Nt
0n
q)sqrt -2 -1 0 1 2
0n 0n 0 1 1.414214
q)sqrt -1.5 0 1.5 0n
0n 0 1.224745 0n
q)sqrt 0w -0w
0w 0n
q)sqrt 0W -0W
3.037e+09 0n
q)sqrt(1;2 3)
1f
1.414214 1.732051
q)sqrt`a`b!1 2
a| 1
b| 1.414214
q)sqrt([]a:1 2;b:3 4)
a        b       
-----------------
1        1.732051
1.414214 2       
q)sqrt([k:1 2]a:1 2)
k| a       
-| --------
1| 1       
2| 1.414214
q)sqrt()
q)sqrt 0#0f
`float$()
q)sqrt 101b
1 0 1f
q)sqrt 0x0001ff
0 1 15.96872
q)sqrt 1 2 3h
1 1.414214 1.732051
q)sqrt[2]
1.414214
