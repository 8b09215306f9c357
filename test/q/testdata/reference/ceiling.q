q)ceiling 1b
1i
q)ceiling 0x05
5i
q)ceiling 7h
7h
q)ceiling 9i
9i
q)ceiling 12
12
q)ceiling 2.5e
3
q)ceiling 3.5
4
q)ceiling "c"
99i
q)ceiling `s
'type
q)ceiling 2024.02.29D12:34:56.789012345
'type
q)ceiling 2024.02m
'type
q)ceiling 2024.02.29
'type
q)ceiling 2024.02.29T12:00:00.000
'type
q)ceiling 0D01:30:00.000000000
'type
q)ceiling 01:30
'type
q)ceiling 01:30:45
'type
q)ceiling 01:30:45.250
'type
q)ceiling 0Nh
0Nh
q)ceiling 0Ni
0Ni
q)ceiling 0N
0N
q)ceiling 0Ne
0N
q)ceiling 0n
0N
q)ceiling 0Np
'type
q)ceiling 0Nm
'type
q)ceiling 0Nd
'type
q)ceiling 0Nz
'type
q)ceiling 0Nn
'type
q)ceiling 0Nu
'type
q)ceiling 0Nv
'type
q)ceiling 0Nt
'type
q)ceiling -2 -1 0 1 2
-2 -1 0 1 2
q)ceiling -1.5 0 1.5 0n
-1 0 2 0N
q)ceiling 0w -0w
0W -0W
q)ceiling 0W -0W
0W -0W
q)ceiling(1;2 3)
1
2 3
q)ceiling`a`b!1 2
a| 1
b| 2
q)ceiling([]a:1 2;b:3 4)
a b
---
1 3
2 4
q)ceiling([k:1 2]a:1 2)
k| a
-| -
1| 1
2| 2
q)ceiling()
q)ceiling 0#0f
`long$()
q)ceiling 101b
1 0 1i
q)ceiling 0x0001ff
0 1 255i
q)ceiling 1 2 3h
1 2 3h
q)ceiling[2]
2
