q)neg 1b
-1i
q)neg 0x05
-5i
q)neg 7h
-7h
q)neg 9i
-9i
q)neg 12
-12
q)neg 2.5e
-2.5e
q)neg 3.5
-3.5
q)neg "c"
-99i
q)neg `s
'type
q)neg 2024.02.29D12:34:56.789012345
1975.11.02D11:25:03.210987655
q)neg 2024.02m
1975.12m
q)neg 2024.02.29
1975.11.03
q)neg 2024.02.29T12:00:00.000
1975.11.02T12:00:00.000
q)neg 0D01:30:00.000000000
-0D01:30:00.000000000
q)neg 01:30
-01:30
q)neg 01:30:45
-01:30:45
q)neg 01:30:45.250
-01:30:45.250
q)neg 0Nh
0Nh
q)neg 0Ni
0Ni
q)neg 0N
0N
q)neg 0Ne
0Ne
q)neg 0n
0n
q)neg 0Np
0Np
q)neg 0Nm
0Nm
q)neg 0Nd
0Nd
q)neg 0Nz
0Nz
q)neg 0Nn
0Nn
q)neg 0Nu
0Nu
q)neg 0Nv
0Nv
q)neg 0Nt
0Nt
q)neg -2 -1 0 1 2
2 1 0 -1 -2
q)neg -1.5 0 1.5 0n
1.5 -0 -1.5 0n
q)neg 0w -0w
-0w 0w
q)neg 0W -0W
-0W 0W
q)neg(1;2 3)
-1
-2 -3
q)neg`a`b!1 2
a| -1
b| -2
q)neg([]a:1 2;b:3 4)
a  b 
-----
-1 -3
-2 -4
q)neg([k:1 2]a:1 2)
k| a 
-| --
1| -1
2| -2
q)neg()
q)neg 0#0f
`float$()
q)neg 101b
-1 0 -1i
q)neg 0x0001ff
0 -1 -255i
q)neg 1 2 3h
-1 -2 -3h
q)neg[2]
-2
