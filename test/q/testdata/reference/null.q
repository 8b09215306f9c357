q)null 1b
0b
q)null 0x05
0b
q)null 7h
0b
q)null 9i
0b
q)null 12
0b
q)null 2.5e
0b
q)null 3.5
0b
q)null "c"
0b
q)null `s
0b
q)null 2024.02.29D12:34:56.789012345
0b
q)null 2024.02m
0b
q)null 2024.02.29
0b
q)null 2024.02.29T12:00:00.000
0b
q)null 0D01:30:00.000000000
0b
q)null 01:30
0b
q)null 01:30:45
0b
q)null 01:30:45.250
0b
q)null 0Nh
1b
q)null 0Ni
1b
q)null 0N
1b
q)null 0Ne
1b
q)null 0n
1b
q)null 0Np
1b
q)null 0Nm
1b
q)null 0Nd
1b
q)null 0Nz
1b
q)null 0Nn
1b
q)null 0Nu
1b
q)null 0Nv
1b
q)null 0Nt
1b
q)null -2 -1 0 1 2
00000b
q)null -1.5 0 1.5 0n
0001b
q)null 0w -0w
00b
q)null 0W -0W
00b
q)null(1;2 3)
0b
00b
q)null`a`b!1 2
a| 0
b| 0
q)null([]a:1 2;b:3 4)
a b
---
0 0
0 0
q)null([k:1 2]a:1 2)
k| a
-| -
1| 0
2| 0
q)null()
q)null 0#0f
`boolean$()
q)null 101b
000b
q)null 0x0001ff
000b
q)null 1 2 3h
000b
q)null[2]
0b
