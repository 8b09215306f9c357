q)abs 1b
1i
q)abs 0x05
5i
q)abs 7h
7h
q)abs 9i
9i
q)abs 12
12
q)abs 2.5e
2.5e
q)abs 3.5
3.5
q)abs "c"
99i
q)abs `s
'type
q)abs 2024.02.29D12:34:56.789012345
2024.02.29D12:34:56.789012345
q)abs 2024.02m
2024.02m
q)abs 2024.02.29
2024.02.29
q)abs 2024.02.29T12:00:00.000
2024.02.29T12:00:00.000
q)abs 0D01:30:00.000000000
0D01:30:00.000000000
q)abs 01:30
01:30
q)abs 01:30:45
01:30:45
q)abs 01:30:45.250
01:30:45.250
q)abs 0Nh
0Nh
q)abs 0Ni
0Ni
q)abs 0N
0N
q)abs 0Ne
0Ne
q)abs 0n
0n
q)abs 0Np
0Np
q)abs 0Nm
0Nm
q)abs 0Nd
0Nd
q)abs 0Nz
0Nz
q)abs 0Nn
0Nn
q)abs 0Nu
0Nu
q)abs 0Nv
0Nv
q)abs 0Nt
0Nt
q)abs -2 -1 0 1 2
2 1 0 1 2
q)abs -1.5 0 1.5 0n
1.5 0 1.5 0n
q)abs 0w -0w
0w 0w
q)abs 0W -0W
0W 0W
q)abs(1;2 3)
1
2 3
q)abs`a`b!1 2
a| 1
b| 2
q)abs([]a:1 2;b:3 4)
a b
---
1 3
2 4
q)abs([k:1 2]a:1 2)
k| a
-| -
1| 1
2| 2
q)abs()
q)abs 0#0f
`float$()
q)abs 101b
1 0 1i
q)abs 0x0001ff
0 1 255i
q)abs 1 2 3h
1 2 3h
q)abs[2]
2
