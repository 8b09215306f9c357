q)reciprocal 1b
1f
q)reciprocal 0x05
0.2
q)reciprocal 7h
0.1428571
q)reciprocal 9i
0.1111111
q)reciprocal 12
0.08333333
q)reciprocal 2.5e
0.4
q)reciprocal 3.5
0.2857143
q)reciprocal "c"
0.01010101
q)reciprocal `s
'type
q)reciprocal 2024.02.29D12:34:56.789012345
1.311432e-18
q)reciprocal 2024.02m
0.003460208
q)reciprocal 2024.02.29
0.0001133144
q)reciprocal 2024.02.29T12:00:00.000
2000.01.01T00:00:09.790
q)reciprocal 0D01:30:00.000000000
1.851852e-13
q)reciprocal 01:30
0.01111111
q)reciprocal 01:30:45
0.0001836547
q)reciprocal 01:30:45.250
1.836463e-07
q)reciprocal 0Nh
0n
q)reciprocal 0Ni
0n
q)reciprocal 0N
0n
q)reciprocal 0Ne
0n
q)reciprocal 0n
0n
q)reciprocal 0Np
0n
q)reciprocal 0Nm
0n
q)reciprocal 0Nd
0n
q)reciprocal 0Nz
0Nz
q)reciprocal 0Nn
0n
q)reciprocal 0Nu
0n
q)reciprocal 0Nv
0n
q)reciprocal 0Nt
0n
q)reciprocal -2 -1 0 1 2
-0.5 -1 0w 1 0.5
q)reciprocal -1.5 0 1.5 0n
-0.6666667 0w 0.6666667 0n
q)reciprocal 0w -0w
0 -0f
q)reciprocal 0W -0W
1.084202e-19 -1.084202e-19
q)reciprocal(1;2 3)
1f
0.5 0.3333333
q)reciprocal`a`b!1 2
a| 1
b| 0.5
q)reciprocal([]a:1 2;b:3 4)
a   b        
-------------
1   0.3333333
0.5 0.25     
q)reciprocal([k:1 2]a:1 2)
k| a  
-| ---
1| 1  
2| 0.5
q)reciprocal()
q)reciprocal 0#0f
`float$()
q)reciprocal 101b
1 0w 1
q)reciprocal 0x0001ff
0w 1 0.003921569
q)reciprocal 1 2 3h
1 0.5 0.3333333
q)reciprocal[2]
0.5
