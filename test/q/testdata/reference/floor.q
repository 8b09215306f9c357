q)floor 1b
'type
q)floor 0x05
'type
q)floor 7h
7h
q)floor 9i
9i
q)floor 12
12
q)floor 2.5e
2
q)floor 3.5
3
q)floor "c"
"c"
q)floor `s
`s
q)floor 2024.02.29D12:34:56.789012345
'type
q)floor 2024.02m
'type
q)floor 2024.02.29
'type
q)floor 2024.02.29T12:00:00.000
'type
q)floor 0D01:30:00.000000000
'type
q)floor 01:30
'type
q)floor 01:30:45
'type
q)floor 01:30:45.250
'type
q)floor 0Nh
0Nh
q)floor 0Ni
0Ni
q)floor 0N
0N
q)floor 0Ne
0N
q)floor 0n
0N
q)floor 0Np
'type
q)floor 0Nm
'type
q)floor 0Nd
'type
q)floor 0Nz
'type
q)floor 0Nn
'type
q)floor 0Nu
'type
q)floor 0Nv
'type
q)floor 0Nt
'type
q)floor -2 -1 0 1 2
-2 -1 0 1 2
q)floor -1.5 0 1.5 0n
-2 0 1 0N
q)floor 0w -0w
0W -0W
q)floor 0W -0W
0W -0W
q)floor(1;2 3)
1
2 3
q)floor`a`b!1 2
a| 1
b| 2
q)floor([]a:1 2;b:3 4)
a b
---
1 3
2 4
q)floor([k:1 2]a:1 2)
k| a
-| -
1| 1
2| 2
q)floor()
q)floor 0#0f
`long$()
q)floor 101b
'type
q)floor 0x0001ff
'type
q)floor 1 2 3h
1 2 3h
q)floor[2]
2
